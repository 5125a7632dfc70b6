/** Sample posts for prompts in English. The stories are true; they are what a person reads in the demo. */
import type { Story } from './story.ts';

export const ENGLISH_STORIES: readonly Story[] = [
  {
    fullTopic: 'The woman who sold Greenwich time from her handbag',
    shortTopic: 'Time seller',
    focus: /measuring time|\bclocks?\b|profession|everyday object/i,
    text: `Every Monday, Ruth Belville carried the exact time across London in her handbag.

She would climb the hill to Greenwich Observatory, have her old pocket chronometer checked and certified, and then walk from shop to shop. The watch was called Arnold. Jewellers and clockmakers paid a yearly fee to look at it, as they had paid her father and her mother before her. ⌚

Radio signals came, then a speaking clock on the telephone. Her customers kept the door open anyway. She retired in 1940, aged eighty-six, having sold the same minute thousands of times.`,
    comment: 'A subscription service with one employee, no outages and excellent shoes.',
    poll: {
      question: 'Whose sense of time do you trust most?',
      options: ['My own stomach', 'The loudest clock', 'Someone who walks'],
    },
    script:
      'A silver pocket chronometer lies open on a shop counter; its lid trembles, its hand sweeps to the hour, and all the clocks on the wall behind it swing into step.',
    firstFrame:
      'A gloved hand holds an open silver pocket chronometer above a worn oak counter, in a small clockmaker’s shop whose walls are covered with brass clocks.',
  },
  {
    fullTopic: 'How a mountain range that never existed filled maps of Africa',
    shortTopic: 'Kong mountains',
    focus: /\bmaps?\b|mistakes|explor/i,
    text: `For almost a century, atlases showed a great wall of mountains across West Africa that nobody had ever climbed.

James Rennell drew it in 1798, for a traveller’s book, to explain why a river turned where it did. Other mapmakers copied the line, then gave it snow, peaks and finally a name: the Mountains of Kong. 🗺️

In 1888 the French officer Louis-Gustave Binger walked there to measure them. He found a small town, a market, and scarcely a hill on the horizon. The mountains vanished from most atlases within a few years, without a single landslide.`,
    comment: 'Ninety years without an accident: still the safest mountains ever charted.',
    poll: {
      question: 'What would you quietly add to a map?',
      options: ['One modest volcano', 'A better shortcut', 'My own island'],
    },
    script:
      'On a parchment map, inked mountains rise as folded paper peaks; a brass compass rolls across the table, and behind it the peaks sink flat again, one after another.',
    firstFrame:
      'An old map of a river valley lies on a wooden table; from its ink rises a small range of paper mountains, with a brass compass and a quill beside it.',
  },
  {
    fullTopic: 'The lighthouse that was stronger than its own rock',
    shortTopic: 'Smeaton tower',
    focus: /buildings|architect|lighthouse|accidents/i,
    text: `The engineer who tamed the Eddystone reef began by looking at an oak tree.

Two lighthouses had already been lost out there, one to a storm and one to fire. In 1759 John Smeaton finished a third, broad at the foot, its granite blocks locked together like a puzzle, in a mortar that sets under water. 🌊

It shone for over a century. When it began to shake, the tower was sound: the sea had eaten the rock beneath it. Its upper part was carried ashore, stone by stone, and still stands in Plymouth.`,
    comment: 'Rare in the trade: the building passed its inspection and the planet failed.',
    poll: {
      question: 'What would you build to outlast the ground it stands on?',
      options: ['A lighthouse', 'A good sandwich', 'A stubborn habit'],
    },
    script:
      'Granite blocks slide together on a dark reef until a tower stands; a wave breaks over it whole, falls away, and the lamp on top kindles.',
    firstFrame:
      'A half-built granite lighthouse with interlocking blocks stands on a black reef, spray frozen in the air, one lantern at its foot.',
  },
  {
    fullTopic: 'The stray dog who rode the mail trains and went round the world',
    shortTopic: 'Postal dog',
    focus: /\banimals?\b|\bdogs?\b|\btrains?\b/i,
    text: `In the winter of 1888 a scruffy terrier fell asleep on a pile of mailbags in Albany, New York, and never really left them.

The clerks named him Owney. He followed the bags onto the trains, and at each stop somebody hung a new tag on his collar, until he jingled like a sleigh. The Postmaster General had a small jacket made to carry the weight. 🐾

In 1895 he travelled round the world by steamer and rail, in little more than four months. Railway clerks were glad to have him aboard: no train he rode, they said, was ever wrecked.`,
    comment: 'More stamps in his collar than most of us have in our passports.',
    poll: {
      question: 'Which parcel service would you trust?',
      options: ['The fastest one', 'The cheapest one', 'The one with a dog'],
    },
    script:
      'Metal tags on a small jacket swing and ring as a mail car rattles along; a terrier on the mailbags lifts his head, and mountains pass in the open door.',
    firstFrame:
      'A scruffy terrier in a jacket covered with metal tags sits on canvas mailbags in an old railway mail car, the sliding door open to a wide valley.',
  },
  {
    fullTopic: 'How winter from a Boston pond was sold in Calcutta',
    shortTopic: 'Ice trade',
    focus: /\bfood\b|\bdrinks?\b|\bjourneys?\b|\btrade\b/i,
    text: `In May 1833 a ship left Boston with a cargo that everyone knew would be water by the time it arrived.

Frederic Tudor had been laughed at since 1806, when he first sent pond ice to Martinique. He went bankrupt, and to debtors’ prison, but he learnt: pack it tight, keep the air out, and fill each gap with sawdust, which the mills gave away. ❄️

The Tuscany needed four months and crossed the equator twice. When the hold was opened in Calcutta, about a hundred tons were still frozen. People there built a house for it, and ice cream followed.`,
    comment: 'He spent his life proving that the best business plan is not to melt.',
    poll: {
      question: 'What deserves a four-month voyage to reach you?',
      options: ['Proper ice cream', 'A real winter', 'My lost luggage'],
    },
    script:
      'In a ship’s hold, sawdust trickles away from a clear block of ice; a beam of tropical light enters and breaks into colours, and a single drop falls.',
    firstFrame:
      'A clear block of pond ice rests in golden sawdust inside a dark wooden hold, lit by one beam from an open hatch, a frozen leaf inside the ice.',
  },
  {
    fullTopic: 'The last message of the Halifax train dispatcher',
    shortTopic: 'Halifax dispatcher',
    tragic: true,
    focus: /\(t\)|too late|disaster|tragic/i,
    text: `Halifax, 6 December 1917: a munitions ship was burning in the harbour, and Vince Coleman had already left his telegraph office.

Then he remembered that a passenger train was due in minutes. He went back to the key and tapped: hold up the train, ammunition ship afire in harbour, making for Pier 6 and will explode. He added: “Guess this will be my last message. Good-bye, boys.”

The blast took much of the city, and him with it. Trains stopped all along the line, and help set out at once, because the wire had told everyone where it was needed.`,
    comment: 'He had reached the door. The train is remembered because he turned round.',
    poll: {
      question: 'What stays with you from his message?',
      options: ['That he went back', 'That he was brief', 'That he said goodbye'],
    },
    script:
      'A brass telegraph key taps by itself on an empty desk, paper tape curls beside it; the window behind slowly fills with light, and the key comes to rest.',
    firstFrame:
      'A brass telegraph key and a curl of paper tape on a worn desk in an empty railway office, a frosted window behind, rails leading into the distance.',
  },
  {
    fullTopic: 'The paper bag machine whose inventor had to prove she invented it',
    shortTopic: 'Paper bag',
    focus: /\binvent|\bpackaging|\bpaper\b|never credited|\bbags?\b/i,
    text: `In 1868 Margaret Knight worked in a paper bag factory in Springfield, Massachusetts, and found the product wanting. The bags were flat envelopes; anything square fell over. 🛍️

At night she built a wooden machine that cut, folded and glued a bag with a flat bottom. While a shop was making it in iron, a man named Charles Annan looked closely, went home and applied for a patent of his own.

In the dispute he claimed that no woman could understand such a machine. She brought drawings, notes and witnesses. The patent came in 1871: hers.`,
    comment: 'He said she could not understand the machine; she explained it to him, gear by gear.',
    poll: {
      question: 'What carries you through a long argument?',
      options: ['Good drawings', 'Pure stubbornness', 'A bag of buns'],
    },
    script:
      'Brown paper glides through a wooden machine of gears and rollers, folds in mid-air and lands upright as square-bottomed bags, one after another in a row.',
    firstFrame:
      'A small wooden machine of gears, rollers and brass strips stands on a workbench at night, one upright paper bag before it, folded drawings and an oil lamp beside.',
  },
  {
    fullTopic: 'The village that closed its own gates around the plague',
    shortTopic: 'Eyam stone',
    tragic: true,
    focus: /\(t\)|plague|epidemic|disaster|sacrifice|turned out to harm/i,
    text: `In the late summer of 1665, in the village of Eyam in Derbyshire, a tailor’s assistant unpacked damp cloth from London and hung it by the fire. Within a week he was dead of the plague.

As it spread, the rector William Mompesson asked something hard: that nobody leave. They stayed for more than a year. Food was set down at a boundary stone; coins lay in holes filled with vinegar.

Elizabeth Hancock buried her husband and six children within eight days. The towns around were spared. The stone still stands in its field, the holes worn smooth.`,
    comment: 'Any path led out of the village. The stone marks where they stopped.',
    poll: {
      question: 'What should be remembered of Eyam?',
      options: ['That they stayed', 'Coins in vinegar', 'Elizabeth Hancock’s name'],
    },
    script:
      'On a mossy boundary stone, coins glint in small holes of clear liquid; mist moves over the field behind, a basket of bread is set down, and the path lies empty again.',
    firstFrame:
      'A low mossy boundary stone with six round holes stands in a misty field at dawn, a few old coins under clear liquid, a wicker basket of bread beside it.',
  },
];
