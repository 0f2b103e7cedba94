// Asking the service from a component: the answer, the error, and asking again.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";

export interface Asked<T> {
  /** The latest answer; it stays while a newer one is waited for. */
  readonly value: T | undefined;
  readonly error: unknown;
  readonly isWaiting: boolean;
  again(): void;
}

/** Asks when the component appears, and when something of `about` changes. */
export function useAsked<T>(ask: () => Promise<T>, about: readonly unknown[]): Asked<T> {
  const [state, set] = useState<{ value?: T; error?: unknown; isWaiting: boolean }>({ isWaiting: true });
  const [times, setTimes] = useState(0);
  const again = useCallback(() => setTimes((times) => times + 1), []);
  const last = useRef<readonly unknown[]>(about);
  useEffect(() => {
    let isLatest = true;
    const isSame = last.current.every((one, at) => Object.is(one, about[at]));
    last.current = about;
    // An answer to another question is none.
    set((state) => (isSame && "value" in state ? { value: state.value as T, isWaiting: true } : { isWaiting: true }));
    ask().then(
      (value) => isLatest && set({ value, isWaiting: false }),
      (error: unknown) => isLatest && set((state) => ({ ...state, error, isWaiting: false })),
    );
    return () => {
      isLatest = false;
    };
  }, [...about, times]);
  return { value: state.value, error: state.error, isWaiting: state.isWaiting, again };
}

export interface Act {
  readonly error: unknown;
  readonly isUnderWay: boolean;
  clear(): void;
  run(act: () => Promise<void>): Promise<void>;
}

/** Something that a person does: once at a time, and its error is kept until the next try. */
export function useAct(): Act {
  const [error, setError] = useState<unknown>();
  const [isUnderWay, setUnderWay] = useState(false);
  const busy = useRef(false);
  const run = useCallback(async (act: () => Promise<void>) => {
    if (busy.current) return;
    busy.current = true;
    setUnderWay(true);
    setError(undefined);
    try {
      await act();
    } catch (error) {
      setError(error);
    } finally {
      busy.current = false;
      setUnderWay(false);
    }
  }, []);
  return { error, isUnderWay, clear: () => setError(undefined), run };
}
