const retryAfterMs = 3_600_000;

/**
 * @typedef {object} StartFacts
 * @property {string[]} parameters what was given after `npm start --`
 * @property {Record<string, string | undefined>} environment
 * @property {string} platform
 * @property {boolean} hasElectron Electron's own binary is there
 * @property {number | null} lastTryMs when its download failed last
 * @property {number} nowMs
 */

/**
 * @typedef {{ kind: 'window' } | { kind: 'fetch' } | { kind: 'headless', reason: string }} StartDecision
 */

/**
 * With a window, without one and why, or first fetch Electron. What needs no download is asked first.
 * @param {StartFacts} facts
 * @returns {StartDecision}
 */
export function decideStart({ parameters, environment, platform, hasElectron, lastTryMs, nowMs }) {
  if (parameters.includes('--headless')) return headless('--headless was given');
  if (environment['CORVUSLLM_HEADLESS']) return headless('CORVUSLLM_HEADLESS is set');
  const option = parameters.find((parameter) => parameter.startsWith('-'));
  if (option) return headless(`${option} is an option of the command line`);
  if (platform === 'linux' && !environment['DISPLAY'] && !environment['WAYLAND_DISPLAY'])
    return headless('there is no display');
  if (hasElectron) return { kind: 'window' };
  if (lastTryMs !== null && nowMs - lastTryMs < retryAfterMs) return headless(electronMissing);
  return { kind: 'fetch' };
}

export const electronMissing = "Electron's binary could not be downloaded (to try again: npx install-electron)";

/**
 * @param {string} reason
 * @returns {StartDecision}
 */
function headless(reason) {
  return { kind: 'headless', reason };
}
