import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { writePrivateFile } from '../host/atomic-file.ts';

const boundsSchema = z.strictObject({
  x: z.int(),
  y: z.int(),
  width: z.int().min(1).max(100_000),
  height: z.int().min(1).max(100_000),
  isMaximized: z.boolean(),
});
export type WindowBounds = z.infer<typeof boundsSchema>;
export type Area = Pick<WindowBounds, 'x' | 'y' | 'width' | 'height'>;

export const minimumSize = { width: 480, height: 420 } as const;
const usualSize = { width: 1180, height: 780 } as const;
// How much of the window must be on a screen to see and drag it.
const visiblePixels = 120;

/**
 * Where the window opens: where it was, when that is still on a screen; else centred (no x and y) and no larger than
 * the first screen.
 */
export function openingBounds(
  saved: WindowBounds | null,
  screens: readonly Area[],
): Partial<Area> & { width: number; height: number } {
  const screen = saved ? screens.find((area) => isVisibleOn(saved, area)) : undefined;
  const { width: screenWidth, height: screenHeight } = screen ?? screens[0] ?? usualSize;
  const size = {
    width: Math.max(minimumSize.width, Math.min(saved?.width ?? usualSize.width, screenWidth)),
    height: Math.max(minimumSize.height, Math.min(saved?.height ?? usualSize.height, screenHeight)),
  };
  return saved && screen ? { x: saved.x, y: saved.y, ...size } : size;
}

function isVisibleOn(bounds: Area, screen: Area): boolean {
  const overlap = (start: number, length: number, otherStart: number, otherLength: number) =>
    Math.min(start + length, otherStart + otherLength) - Math.max(start, otherStart);
  const hasTitleBar = bounds.y >= screen.y - 1;
  return (
    hasTitleBar &&
    overlap(bounds.x, bounds.width, screen.x, screen.width) >= visiblePixels &&
    overlap(bounds.y, bounds.height, screen.y, screen.height) >= visiblePixels
  );
}

/** Read once, before the window opens; a damaged file is as good as none. */
export function readWindowBounds(path: string): WindowBounds | null {
  try {
    return boundsSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return null;
  }
}

export function writeWindowBounds(path: string, bounds: WindowBounds): Promise<void> {
  return writePrivateFile(path, `${JSON.stringify(bounds)}\n`);
}
