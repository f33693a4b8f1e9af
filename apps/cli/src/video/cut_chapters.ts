import type { Chapter } from "@vicinity/media";

/**
 * Moves chapters into a part of a video and clips them to it.
 *
 * @param chapters Those of the whole video.
 * @param from Where the part begins, in seconds.
 * @param until Where it ends; `Infinity` keeps the ends of the last ones.
 * @returns Those that the part touches, counted from its beginning.
 */
export function cutChapters(chapters: readonly Chapter[], from: number, until: number): Chapter[] {
  return chapters.filter(({ start, end }) => end > from && start < until).map((chapter) => ({
    ...chapter,
    start: Math.max(chapter.start, from) - from,
    end: Math.min(chapter.end, until) - from,
  }));
}

/**
 * Writes chapters in the form in which ffmpeg reads them.
 *
 * @param chapters The chapters.
 * @returns The text of an `ffmetadata` file.
 */
export function chapterText(chapters: readonly Chapter[]): string {
  const sections = chapters.map(({ start, end, title }) =>
    `[CHAPTER]\nTIMEBASE=1/1000000\nSTART=${Math.round(start * 1e6)}\n` +
    `END=${Math.round(end * 1e6)}\ntitle=${title.replace(/[=;#\\\n]/g, "\\$&")}\n`
  );
  return `;FFMETADATA1\n${sections.join("")}`;
}
