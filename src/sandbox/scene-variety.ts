/**
 * No two scenes are word for word the same: an audit of payments tells posts apart by their prompts, and a mill that runs for
 * a year meets the same sample story many times.
 */
import type { Story } from './story.ts';

const LIGHTS = [
  'Low morning light from the left.',
  'Soft light of an overcast noon.',
  'Warm evening light from the right.',
  'Blue hour with one warm lamp.',
  'Clear light after rain.',
  'Pale winter sun behind the subject.',
  'Thin mist lit from above.',
  'Late golden light with long shadows.',
  'Moonlight on wet surfaces.',
  'Bright spring light with drifting clouds.',
];
const LENSES = [
  '24 mm lens, low angle.',
  '28 mm lens, eye level.',
  '35 mm lens, slightly above.',
  '40 mm lens, from knee height.',
  '50 mm lens, straight on.',
  '65 mm lens, three-quarter view.',
  '85 mm lens, shallow focus.',
  '100 mm lens, close detail in front.',
  'Wide lens, deep focus.',
  'Long lens, layered distance.',
];
const COLOURS = [
  'Ochre, slate and cream.',
  'Teal, rust and bone white.',
  'Deep blue, amber and grey.',
  'Moss green, brown and brass.',
  'Rose, indigo and sand.',
  'Copper, charcoal and pale blue.',
  'Plum, gold and smoke.',
  'Olive, ivory and brick red.',
  'Steel, honey and black.',
  'Silver, fir green and peach.',
];
const MOVES = [
  'The camera pushes in slowly.',
  'The camera pulls back slowly.',
  'The camera orbits a quarter turn.',
  'The camera tilts up and rests.',
  'The camera tracks to the right.',
  'The camera tracks to the left.',
  'The camera rises like a breath.',
  'The camera sinks to the ground.',
  'The camera drifts forward and stops.',
  'The camera holds, then glides closer.',
];
const PACES = [
  'Pace: 3, 5, 2 seconds.',
  'Pace: 4, 4, 2 seconds.',
  'Pace: 2, 6, 2 seconds.',
  'Pace: 5, 3, 2 seconds.',
  'Pace: 2, 5, 3 seconds.',
  'Pace: 6, 2, 2 seconds.',
  'Pace: 3, 4, 3 seconds.',
  'Pace: 1, 6, 3 seconds.',
  'Pace: 4, 5, 1 seconds.',
  'Pace: 2, 4, 4 seconds.',
];
const ENDINGS = [
  'It ends on stillness.',
  'It ends on a small movement.',
  'It ends as the light changes.',
  'It ends on the nearest detail.',
  'It ends wide and quiet.',
  'It ends on a reflection.',
  'It ends as dust settles.',
  'It ends in half shadow.',
  'It ends on a glint.',
  'It ends before the last touch.',
];

/** The story's scene in its own words, with details that differ for each of 1,000 numbers in a row. */
export function sceneOf(
  story: Story,
  number: number,
): { readonly script: string; readonly firstFrame: string } {
  const details = (lists: readonly (readonly string[])[]) =>
    lists.map((list, place) => list[Math.floor(number / 10 ** place) % 10] ?? '').join(' ');
  return {
    script: `${story.script} ${details([MOVES, PACES, ENDINGS])}`,
    firstFrame: `${story.firstFrame} ${details([LIGHTS, LENSES, COLOURS])}`,
  };
}
