/**
 * What a request uses beyond its bytes, as far as that may be sold; `request-bounds.ts` bounds each of these for the
 * hold.
 */
export interface RequestFeatures {
  /** Images, wherever they come from: their cost follows the size in pixels, not in bytes. */
  pictures: number;
  /** The images among them that the upstream fetches by address: none of their bytes are in the request. */
  picturesByUrl: number;
  /** Documents in the request: compressed content can be longer than its bytes. */
  documents: number;
  /** Documents that the upstream fetches by address. */
  documentsByUrl: number;
  /** Web searches that may be made for it. */
  searches: number;
  /** Pages that may be fetched for it. */
  fetches: number;
  /** The member that asks for the searches, as a refusal names it; null where none does. */
  searchParam: string | null;
  /** The answer may be spoken. */
  asksForAudio: boolean;
  /** The member in which the caller limits its output; null: none does. */
  limitMember: LimitMember | null;
}

export type LimitMember = 'max_tokens' | 'max_completion_tokens' | 'max_output_tokens';

export const noFeatures: RequestFeatures = {
  pictures: 0,
  picturesByUrl: 0,
  documents: 0,
  documentsByUrl: 0,
  searches: 0,
  fetches: 0,
  searchParam: null,
  asksForAudio: false,
  limitMember: null,
};
