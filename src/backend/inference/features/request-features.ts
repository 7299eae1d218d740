/** What a request asks for beside what its bytes say, as far as it may be sold; each is held for by a bound of `request-bounds.ts`. */
export interface RequestFeatures {
  /** Pictures, wherever they come from: what one costs follows its size in pixels, not its bytes. */
  pictures: number;
  /** Of these, the ones the upstream fetches by their address: of them nothing is in the bytes. */
  picturesByUrl: number;
  /** Documents in the bytes: what is packed in them can be longer than they are. */
  documents: number;
  /** Documents that the upstream fetches by their address. */
  documentsByUrl: number;
  /** The searches of the web that may be made for it. */
  searches: number;
  /** The pages that may be fetched for it. */
  fetches: number;
  /** What asks for the searches, as a refusal names it; null where none does. */
  searchParam: string | null;
  /** The answer may be spoken. */
  asksForAudio: boolean;
  /** The member in which the caller limits its output; null: it does not. */
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
