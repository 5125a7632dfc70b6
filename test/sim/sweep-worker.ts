/** A thread that simulates the pieces it is sent, until it is sent `null`. */
/* oxlint-disable unicorn/require-post-message-target-origin -- threads, not windows */
import { parentPort } from 'node:worker_threads';
import { sweepHere, type Piece } from './sweep.ts';

const port = parentPort;
if (port === null) throw new Error('This file runs in a worker');

port.on('message', (piece: Piece | null) => {
  if (piece === null) {
    port.close();
    return;
  }
  void sweepHere(piece).then((swept) => port.postMessage(swept));
});
