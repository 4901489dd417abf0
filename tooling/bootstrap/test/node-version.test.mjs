import { expect, it } from 'vitest';
import { isSupportedNode } from '../node-version.mjs';

it('takes Node from 20.19, from 22.12 and from 23 on', () => {
  const supported = ['20.19.0', '20.20.2', '22.12.0', '22.21.1', '23.0.0', '24.0.0'];
  const tooOld = ['18.20.8', '20.0.0', '20.18.3', '21.7.3', '22.0.0', '22.11.0'];
  expect([...supported, ...tooOld].filter(isSupportedNode)).toEqual(supported);
});
