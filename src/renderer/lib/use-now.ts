import { useEffect, useState } from 'react';

/** The time, moving on at the interval: for ages such as "2 min ago". */
export function useNow(intervalMs = 15_000): number {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), intervalMs);
    return () => clearInterval(timer);
  }, [intervalMs]);
  return nowMs;
}
