/** The situations in which a run can begin. Whatever is in the making was left behind by the program itself, so that the run under test meets nothing invented. */
import { Channel } from './channel.ts';
import { KIND_MOOD, type ProviderMood } from './mood.ts';
import { publish } from './publisher.ts';
import { seedDocuments } from './scenario.ts';
import { SETTINGS } from './settings.ts';
import type { BucketKind } from './bucket.ts';
import type { PlannedFault, Process } from './world.ts';

const HOUR = 3600;

export interface Stage {
  readonly name: string;
  readonly mode: 'main' | 'check';
  /** How the run under test ends when nothing hurts it: why, and what it did last. */
  readonly ends: string;
  /** What the run under test finds, and how the providers feel while it works. */
  readonly arrange: (channel: Channel) => Promise<void>;
}

export const KINDS = [
  { name: 'conditional writes', conditionalWrites: true, versions: false },
  { name: 'versions only', conditionalWrites: false, versions: true },
] as const satisfies readonly (BucketKind & { readonly name: string })[];

/** A picture within seconds, so that one run makes a whole post. */
const QUICK: ProviderMood = { ...KIND_MOOD, imageSeconds: 1, videoSeconds: 20 };

function feel(channel: Channel, mood: Partial<ProviderMood>): void {
  channel.providers.mood = { ...channel.providers.mood, ...mood };
}

async function pass(channel: Channel, hours: number): Promise<void> {
  await channel.world.run(channel.world.time + hours * HOUR);
}

/** One run from beginning to end, and an hour after it. */
export async function liveOneRun(
  channel: Channel,
  mode: 'main' | 'check',
  planned: PlannedFault | null = null,
  meanwhile: Process['meanwhile'] = null,
): Promise<number> {
  const run = channel.start({ mode, zeroDelay: false }, undefined, 0, (process) => {
    process.planned = planned;
    process.meanwhile = meanwhile;
  });
  await pass(channel, 1);
  return run.process.operations;
}

async function orderPicture(channel: Channel, mood: Partial<ProviderMood> = {}): Promise<void> {
  feel(channel, { imageSeconds: 100, ...mood });
  await liveOneRun(channel, 'main');
}

/** A ready post, as earlier days left it. */
export function placeReady(channel: Channel, folder: string, id: string): void {
  const text = { topic: `topic ${id}`, script: 's', media: { image: 'midjourney', video: 'runway' } };
  const write = (part: string, body: string): void =>
    void channel.bucket.write('earlier days', `${folder}${id}.${part}`, new TextEncoder().encode(body));
  write('json', JSON.stringify(text));
  write('png', 'picture');
  write('mp4', 'from Runway');
}

/** One in 444, one in 555 and one in 666. */
async function fillFolders(channel: Channel): Promise<void> {
  placeReady(channel, SETTINGS.folders.front, '20260226-2030');
  placeReady(channel, SETTINGS.folders.middle, '20260227-2030');
  placeReady(channel, SETTINGS.folders.fresh, '20260228-2030');
}

/** As if a run had been killed with the order on its way: the intent is kept, the id is not. */
async function dieOrdering(channel: Channel, mode: 'main' | 'check', label: string): Promise<void> {
  const run = channel.start({ mode, zeroDelay: false }, undefined, 0, (process) => {
    process.dieAt = label;
  });
  await pass(channel, 1);
  if (run.process.alive) throw new Error(`The run never came to ${label}`);
}

const NOTHING: readonly Stage[] = [
  {
    name: 'a whole post in one run',
    mode: 'main',
    ends: 'task-done after await-video/media-saved',
    arrange: async (channel) => feel(channel, QUICK),
  },
  {
    name: 'a text and an ordered picture',
    mode: 'main',
    ends: 'waiting after check-image/null',
    arrange: async () => {},
  },
  {
    name: 'useless texts, asked for again',
    mode: 'main',
    ends: 'waiting after check-image/null',
    arrange: async (channel) => void (channel.providers.uselessTexts = 2),
  },
  {
    name: 'refused at every door',
    mode: 'main',
    ends: 'failed after write-content/null',
    arrange: async (channel) => feel(channel, { refuses: 1 }),
  },
];

const PICTURE: readonly Stage[] = [
  {
    name: 'a result, then the video',
    mode: 'check',
    ends: 'task-done after await-video/media-saved',
    arrange: (channel) => orderPicture(channel),
  },
  {
    name: 'a judge that fails',
    mode: 'check',
    ends: 'task-done after await-video/media-saved',
    arrange: (channel) => orderPicture(channel, { judgeFails: 1 }),
  },
  {
    name: 'pictures that cannot be fetched',
    mode: 'check',
    ends: 'failed after choose-picture/picture-failed',
    arrange: (channel) => orderPicture(channel, { downloadFails: 1 }),
  },
  {
    name: 'the picture’s order is refused',
    mode: 'main',
    ends: 'failed after request-image/image-refused',
    arrange: async (channel) => {
      feel(channel, { refuses: 1 });
      channel.providers.refuseOnly = 'image';
    },
  },
  {
    name: 'the picture’s order is answered without an id',
    mode: 'main',
    ends: 'failed after request-image/image-outcome-unknown',
    arrange: async (channel) => feel(channel, { garbled: 1 }),
  },
  {
    name: 'a failed picture',
    mode: 'check',
    ends: 'backing-off after record/image-unusable',
    arrange: (channel) => orderPicture(channel, { imageFails: 1 }),
  },
  {
    name: 'a failed picture, ordered again',
    mode: 'main',
    ends: 'waiting after check-image/null',
    arrange: async (channel) => {
      await orderPicture(channel, { imageFails: 1 });
      await liveOneRun(channel, 'check');
      feel(channel, { imageFails: 0 });
      await pass(channel, 20);
    },
  },
  {
    name: 'a finished picture without an address',
    mode: 'check',
    ends: 'backing-off after record/image-unusable',
    arrange: (channel) => orderPicture(channel, { imageUnusable: 1 }),
  },
  {
    name: 'a killed order of the picture',
    mode: 'main',
    ends: 'backing-off after recall-order/image-outcome-unknown',
    arrange: (channel) => dieOrdering(channel, 'main', 'piapi image'),
  },
  {
    name: 'a picture that does not come in time',
    mode: 'check',
    ends: 'timed-out after record/image-timed-out',
    arrange: async (channel) => {
      await orderPicture(channel, { imageNever: 1 });
      await pass(channel, 5);
    },
  },
  {
    name: 'a timeout, then the mock',
    mode: 'main',
    ends: 'task-done after make-mock/media-saved',
    arrange: async (channel) => {
      await orderPicture(channel, { imageNever: 1 });
      await pass(channel, 5);
      await liveOneRun(channel, 'check');
    },
  },
];

const GIVEN_UP: readonly Stage[] = [
  {
    name: 'the picture is ordered again after an unknown outcome',
    mode: 'main',
    ends: 'waiting after check-image/null',
    arrange: async (channel) => {
      await dieOrdering(channel, 'main', 'piapi image');
      await liveOneRun(channel, 'check');
      await pass(channel, 20);
    },
  },
  {
    name: 'two unknown orders of the picture, then the mock',
    mode: 'check',
    ends: 'task-done after make-mock/media-saved',
    arrange: async (channel) => {
      await dieOrdering(channel, 'main', 'piapi image');
      await liveOneRun(channel, 'check');
      await dieOrdering(channel, 'check', 'piapi image');
    },
  },
  {
    name: 'four refused orders of the picture, then the mock',
    mode: 'main',
    ends: 'task-done after make-mock/media-saved',
    arrange: async (channel) => {
      feel(channel, { refuses: 1 });
      channel.providers.refuseOnly = 'image';
      for (let refusal = 0; refusal < 4; refusal += 1) {
        await liveOneRun(channel, 'main');
        await pass(channel, 22);
      }
    },
  },
  {
    name: 'pictures that could never be fetched, then the mock',
    mode: 'check',
    ends: 'task-done after make-mock/media-saved',
    arrange: async (channel) => {
      await orderPicture(channel, { downloadFails: 1 });
      for (let failure = 0; failure < 4; failure += 1) await liveOneRun(channel, 'check');
    },
  },
  {
    name: 'a task in the old spelling',
    mode: 'check',
    ends: 'task-done after await-video/media-saved',
    arrange: async (channel) => {
      await orderPicture(channel);
      const { image } = SETTINGS.documents;
      const document = channel.bucket.json(image);
      const { task_id: task } = document['midjourney_task'] as { task_id: string };
      const text = JSON.stringify({ ...document, midjourney_task: task });
      channel.bucket.write('owner', image, new TextEncoder().encode(text));
    },
  },
];

const VIDEO: readonly Stage[] = [
  {
    name: 'a failed video, then the mock',
    mode: 'check',
    ends: 'task-done after make-mock-video/media-saved',
    arrange: (channel) => orderPicture(channel, { videoFails: 1 }),
  },
  {
    name: 'a video that does not come in time',
    mode: 'check',
    ends: 'task-done after make-mock-video/media-saved',
    arrange: (channel) => orderPicture(channel, { videoNever: 1 }),
  },
  {
    name: 'the video’s order is refused',
    mode: 'check',
    ends: 'task-done after make-mock-video/media-saved',
    arrange: async (channel) => {
      await orderPicture(channel);
      feel(channel, { refuses: 1 });
      channel.providers.refuseOnly = 'video';
    },
  },
  {
    name: 'a killed order of the video',
    mode: 'check',
    ends: 'task-done after await-video/media-saved',
    arrange: async (channel) => {
      await orderPicture(channel);
      await dieOrdering(channel, 'check', 'runway video');
    },
  },
  {
    name: 'a run killed while it waits for the video',
    mode: 'check',
    ends: 'task-done after await-video/media-saved',
    arrange: async (channel) => {
      await orderPicture(channel);
      await dieOrdering(channel, 'check', 'runway status');
    },
  },
];

/** The post waits with its mock, and the picture that did not come in time is there. */
async function mockWithLatePicture(channel: Channel): Promise<void> {
  await orderPicture(channel, { imageNever: 1 });
  await pass(channel, 5);
  await liveOneRun(channel, 'check');
  await liveOneRun(channel, 'main');
  feel(channel, { ...QUICK, imageNever: 0 });
  await pass(channel, 12);
  channel.providers.finishAll();
}

const LATE: readonly Stage[] = [
  {
    name: 'a late picture takes the mock’s place',
    mode: 'check',
    ends: 'nothing-active after await-video/media-saved',
    arrange: mockWithLatePicture,
  },
  {
    name: 'a late video takes the mock’s place',
    mode: 'check',
    ends: 'nothing-active after await-video/media-saved',
    arrange: async (channel) => {
      await orderPicture(channel, { videoNever: 1 });
      await liveOneRun(channel, 'check');
      await pass(channel, 5);
      channel.providers.finishAll();
    },
  },
  {
    name: 'a mock published while it is being replaced',
    mode: 'check',
    ends: 'nothing-active after choose-picture/image-given-up',
    arrange: async (channel) => {
      await mockWithLatePicture(channel);
      await dieOrdering(channel, 'check', 'openai judge');
      const [front] = channel.ready(SETTINGS.folders.front);
      publish(channel, front ?? channel.ready(SETTINGS.folders.fresh)[0] ?? '');
    },
  },
];

const SHELF: readonly Stage[] = [
  {
    name: 'archive, sort, and a new post',
    mode: 'main',
    ends: 'waiting after check-image/null',
    arrange: async (channel) => {
      await fillFolders(channel);
      const [front] = channel.ready(SETTINGS.folders.front);
      publish(channel, front ?? '');
    },
  },
  {
    name: 'everything published at once',
    mode: 'main',
    ends: 'waiting after check-image/null',
    arrange: async (channel) => {
      await fillFolders(channel);
      for (const folder of [SETTINGS.folders.front, SETTINGS.folders.middle, SETTINGS.folders.fresh])
        for (const id of channel.ready(folder)) publish(channel, id);
    },
  },
  {
    name: 'a half moved group, and a note beside it',
    mode: 'main',
    ends: 'waiting after check-image/null',
    arrange: async (channel) => {
      feel(channel, QUICK);
      await liveOneRun(channel, 'main');
      channel.hands.putNote(() => 0);
      await pass(channel, 22);
      feel(channel, KIND_MOOD);
      await dieOrdering(channel, 'main', 'store delete 666/');
    },
  },
  { name: 'nothing to do', mode: 'main', ends: 'stocked after tidy/null', arrange: fillFolders },
  {
    name: 'a killed run’s flag and ticket',
    mode: 'main',
    ends: 'waiting after check-image/null',
    arrange: async (channel) => {
      await dieOrdering(channel, 'main', 'openai text');
    },
  },
  {
    name: 'a text lost twice, its post dropped',
    mode: 'main',
    ends: 'failed after write-content/content-abandoned',
    arrange: async (channel) => {
      await dieOrdering(channel, 'main', 'openai text');
      await dieOrdering(channel, 'main', 'openai poll');
    },
  },
];

export const STAGES: readonly Stage[] = [...NOTHING, ...PICTURE, ...GIVEN_UP, ...VIDEO, ...LATE, ...SHELF];

/** A world in which the stage is set. Equal for equal arguments. */
export async function setStage(stage: Stage, kind: BucketKind, seed = 1): Promise<Channel> {
  const channel = new Channel(seed, kind, KIND_MOOD);
  seedDocuments(channel);
  await stage.arrange(channel);
  return channel;
}
