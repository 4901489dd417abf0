/** Tone of a headline: good, neutral or bad. */
export type Tone = -1 | 0 | 1;

/** Subjects of headlines. All tones share them, so only the phrase carries the tone. */
export const subjects = [
  'Regional banks',
  'Copper miners',
  'Chip makers',
  'Rail freight carriers',
  'Grocery chains',
  'Airlines',
  'Home builders',
  'Steel mills',
  'Car makers',
  'Oil refiners',
  'Drug makers',
  'Wheat exporters',
  'Shipping lines',
  'Insurers',
  'Power utilities',
  'Retailers',
  'Software firms',
  'Textile plants',
  'Hotel groups',
  'Paper producers',
] as const;

/** Phrases of headlines, by tone. */
export const phrases: Readonly<Record<Tone, readonly string[]>> = {
  1: [
    'beat forecasts with record profit',
    'rally on strong demand',
    'raise guidance after a robust quarter',
    'report surging orders',
    'win an upgrade on improving margins',
    'celebrate a breakthrough deal',
    'enjoy a rebound in sales',
    'post impressive growth',
    'soar after upbeat results',
    'expand hiring as business booms',
  ],
  0: [
    'hold their annual meeting',
    'publish a routine filing',
    'move offices to a new address',
    'name a spokesperson',
    'keep their schedule unchanged',
    'attend a trade conference',
    'review an internal policy',
    'update their websites',
    'answer a survey',
    'mark an anniversary',
  ],
  [-1]: [
    'miss forecasts with a heavy loss',
    'slump on weak demand',
    'cut guidance after a dismal quarter',
    'report plunging orders',
    'suffer a downgrade on shrinking margins',
    'face a fraud scandal',
    'warn of a collapse in sales',
    'post alarming declines',
    'tumble after gloomy results',
    'announce layoffs as business stalls',
  ],
};

/** Endings of headlines, without tone. */
export const endings = [
  '',
  ' this week',
  ' in the northern region',
  ' in the southern region',
  ', ministry says',
  ', industry group says',
  ' across the coast',
  ', according to a statement',
] as const;
