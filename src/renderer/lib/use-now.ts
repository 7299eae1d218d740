import { useEffect, useState } from 'react';

const intervalMs = 15_000;

/** The time, as it moves on: for ages such as "2 min ago". */
export function useNow(): number {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), intervalMs);
    return () => clearInterval(timer);
  }, []);
  return nowMs;
}
