import { expect, test } from 'vitest';
import { credentialsIn, partsOfAddress, partsOfHeaders, secretsAmong } from './secrets.ts';

test('I8 of a webhook’s address the path, its tokens and its keys are secrets, and its ordinary words are none', () => {
  const parts = partsOfAddress(
    'https://hooks.example.com/services/T0AB1CD2E/webhooks?from=mill&key=a%2Fb12345',
  );
  expect(parts).toContain('/services/T0AB1CD2E/webhooks?from=mill&key=a%2Fb12345');
  expect(parts).toEqual(expect.arrayContaining(['T0AB1CD2E', 'a%2Fb12345', 'a/b12345']));
  for (const word of ['services', 'webhooks', 'mill']) expect(parts).not.toContain(word);
});

test('I8 an address that is no secret may hold user, password and key', () => {
  expect(credentialsIn('http://mill:pa%3Ass@collector:4318/v1?token=12345678#87654321')).toEqual(
    expect.arrayContaining(['mill', 'pa%3Ass', 'pa:ss', '12345678', '87654321']),
  );
  expect(credentialsIn('https://collector/v1/traces')).toEqual([]);
  expect(credentialsIn('no address')).toEqual([]);
});

test('I8 a header’s key is a secret as it is written, as it is sent, and without its kind', () => {
  expect(partsOfHeaders('x-team=mill,authorization=Bearer%20a%2Fb%')).toContain('Bearer%20a%2Fb%');
  expect(partsOfHeaders('authorization=Bearer%20a%2Fb')).toEqual(
    expect.arrayContaining(['Bearer%20a%2Fb', 'Bearer a/b', 'a/b']),
  );
});

test('I8 a value that cannot be used is a secret all the same, whole and line by line', () => {
  const secrets = secretsAmong({
    OPENAI_API_KEY: ' first-half\nsecond-half ',
    REELMILL_STORE: 'folder:here',
  });
  const values = secrets.map((secret) => secret.reveal());
  expect(values).toEqual(expect.arrayContaining(['first-half\nsecond-half', 'first-half', 'second-half']));
  expect(values).not.toContain('folder:here');
});
