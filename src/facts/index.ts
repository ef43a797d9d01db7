export { type ImageFacts, imageFacts, type System } from './images.ts';
