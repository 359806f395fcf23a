import { sees } from '../frames.ts';
import type { Theme } from './theme.ts';

/** A shape drawn once and copied often: copying is much cheaper than drawing where there is no graphics card. */
export interface Sprite {
  readonly image: HTMLCanvasElement;
  /** Side of the square [CSS px]. */
  readonly side: number;
}

function sprite(side: number, draw: (ctx: CanvasRenderingContext2D) => void): Sprite {
  const ratio = Math.min(2, window.devicePixelRatio || 1);
  const image = document.createElement('canvas');
  image.width = Math.ceil(side * ratio);
  image.height = image.width;
  const ctx = image.getContext('2d')!;
  ctx.setTransform(ratio, 0, 0, ratio, (side * ratio) / 2, (side * ratio) / 2);
  draw(ctx);
  return { image, side: image.width / ratio };
}

/** Copies a shape, its middle at a place. */
export function put(ctx: CanvasRenderingContext2D, { image, side }: Sprite, x: number, y: number): void {
  ctx.drawImage(image, x - side / 2, y - side / 2, side, side);
}

/** A dot. */
export function dotSprite(radius: number, colour: string): Sprite {
  return sprite(radius * 2 + 2, (ctx) => {
    ctx.fillStyle = colour;
    ctx.beginPath();
    ctx.arc(0, 0, radius, 0, 2 * Math.PI);
    ctx.fill();
  });
}

/** A ring. */
export function ringSprite(radius: number, colour: string): Sprite {
  return sprite(radius * 2 + 4, (ctx) => {
    ctx.strokeStyle = colour;
    ctx.lineWidth = 1.4;
    ctx.beginPath();
    ctx.arc(0, 0, radius, 0, 2 * Math.PI);
    ctx.stroke();
  });
}

/** What a user saw last has a colour and a shape: dot, ring, triangle, square, cross. */
function drawUser(ctx: CanvasRenderingContext2D, seen: number, dot: number, colour: string): void {
  ctx.fillStyle = colour;
  ctx.strokeStyle = colour;
  ctx.lineWidth = Math.max(1.2, dot * 0.6);
  ctx.beginPath();
  if (seen === sees.OK) ctx.arc(0, 0, dot, 0, 2 * Math.PI);
  else if (seen === sees.WAITING) ctx.arc(0, 0, dot * 1.4, 0, 2 * Math.PI);
  else if (seen === sees.STALE) {
    ctx.moveTo(0, -dot * 2.1);
    ctx.lineTo(dot * 1.9, dot * 1.4);
    ctx.lineTo(-dot * 1.9, dot * 1.4);
  } else if (seen === sees.LOST) ctx.rect(-dot * 1.6, -dot * 1.6, dot * 3.2, dot * 3.2);
  else {
    ctx.moveTo(-dot * 1.6, -dot * 1.6);
    ctx.lineTo(dot * 1.6, dot * 1.6);
    ctx.moveTo(dot * 1.6, -dot * 1.6);
    ctx.lineTo(-dot * 1.6, dot * 1.6);
  }
  if (seen === sees.WAITING || seen === sees.FAILED) ctx.stroke();
  else ctx.fill();
}

/** The shapes of users by what they saw; `sees.NOBODY` has an empty one. */
export function userSprites(dot: number, colours: Theme): Sprite[] {
  const { ok, waiting, stale, lost, failed } = colours;
  return ['', ok, waiting, stale, lost, failed].map((colour, seen) =>
    sprite(dot * 5 + 2, (ctx) => {
      if (seen !== sees.NOBODY) drawUser(ctx, seen, dot, colour);
    }),
  );
}
