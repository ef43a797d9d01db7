import { afterAll } from 'vitest';
import { removeKeptFolders } from './temporary.ts';

afterAll(removeKeptFolders);
