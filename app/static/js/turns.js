// Heavy work in turns: one piece at a time, so that a tap or a swipe is answered in between.

const line = [];
const { port1, port2 } = new MessageChannel(); // a timer would wait 4 ms for every turn

port1.onmessage = () => line.shift()();

// Resolves when everyone before had a turn, in a task of its own.
export function turn() {
  return new Promise((go) => {
    line.push(go);
    port2.postMessage(null);
  });
}
