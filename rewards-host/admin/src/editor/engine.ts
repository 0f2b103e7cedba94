// The engine as WebAssembly in a worker of its own: one for the page, started when the first editor or preview is.
import { RewardsWorker } from "rewards-wasm/client";

let started: Promise<RewardsWorker> | undefined;

/** The worker; a new one where the last could not be started. */
export function engine(): Promise<RewardsWorker> {
  started ??= RewardsWorker.start().catch((error: unknown) => {
    started = undefined;
    throw error;
  });
  return started;
}

/** Runs what is asked last, and leaves out what was asked while something ran: for what happens at typing speed. */
export function newest<T>(run: (value: T) => Promise<void>): (value: T) => void {
  let isRunning = false;
  let waiting: { value: T } | undefined;
  const next = async (value: T): Promise<void> => {
    isRunning = true;
    try {
      await run(value);
    } finally {
      isRunning = false;
      if (waiting) {
        const { value: latest } = waiting;
        waiting = undefined;
        void next(latest);
      }
    }
  };
  return (value) => {
    if (isRunning) waiting = { value };
    else void next(value);
  };
}
