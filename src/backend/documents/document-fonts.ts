import { z } from 'zod';

/** The letters beyond Latin-1 that PDF's standard fonts have. */
const winAnsiExtras = new Set('€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ');
/** Scripts that run from right to left: pdfkit would write their words in the wrong order. */
const rightToLeft = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const replacement = '?';

export interface Writing {
  text: string;
  font: string;
  /** Whether a letter had no font and was replaced. */
  isReplaced: boolean;
}

export interface DocumentFonts {
  /** Chooses the first font that has all letters of a text. */
  write(text: string, style?: 'regular' | 'bold'): Writing;
}

interface Glyphs {
  hasGlyphForCodePoint(codePoint: number): boolean;
}

const loadedSchema = z.object({ _font: z.object({ font: z.custom<Glyphs>(isGlyphs) }) });

/** The standard fonts, then those of the operator. A letter that none has is replaced, and that is reported. */
export function loadFonts(doc: PDFKit.PDFDocument, files: readonly Buffer[]): DocumentFonts {
  const brought = files.map((file, index) => {
    const name = `brought-${index}`;
    doc.registerFont(name, file);
    return { name, glyphs: loadedSchema.parse(doc.font(name))._font.font };
  });
  const standard = { regular: 'Helvetica', bold: 'Helvetica-Bold' };
  return {
    write(text, style = 'regular') {
      const letters = [...text.normalize('NFC')];
      const isLeftToRight = !rightToLeft.test(text);
      if (letters.every(isStandard)) return { text: letters.join(''), font: standard[style], isReplaced: false };
      const whole = brought.find(({ glyphs }) => isLeftToRight && letters.every((letter) => has(glyphs, letter)));
      if (whole) return { text: letters.join(''), font: whole.name, isReplaced: false };
      return {
        text: letters.map((letter) => (isStandard(letter) ? letter : replacement)).join(''),
        font: standard[style],
        isReplaced: true,
      };
    },
  };
}

function isStandard(letter: string): boolean {
  return /^[ -~\u00a0-\u00ff]$/.test(letter) || winAnsiExtras.has(letter);
}

function has(glyphs: Glyphs, letter: string): boolean {
  return glyphs.hasGlyphForCodePoint(letter.codePointAt(0) ?? 0);
}

function isGlyphs(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'hasGlyphForCodePoint' in value;
}
