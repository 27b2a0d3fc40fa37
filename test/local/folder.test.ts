import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folder } from '../../src/adapters/local/index.ts';
import { deadProcess } from './processes.ts';
import { scratchFolders } from './scratch.ts';

const scratch = scratchFolders();
const create = { ifRevision: null } as const;
const notesIn = (root: string, place = 'film') => readdirSync(join(root, place, '.reelstate')).sort();

describe('folder', () => {
  it('keeps plain files that any program can open, and says where they are', async () => {
    const root = join(scratch(), 'made', 'when needed');
    const storage = folder(root);
    await storage.put('film/final.mp4', 'content', create);
    expect(readFileSync(join(root, 'film/final.mp4'), 'utf8')).toBe('content');
    expect(storage.source('film/final.mp4').path).toBe(join(root, 'film/final.mp4'));
    expect(storage.uri('film/final.mp4')).toBe(`file://${root.replace('when needed', 'when%20needed')}/film/final.mp4`);
  });

  it('shows what a vendor wrote with other means, under a revision that stays', async () => {
    const root = scratch();
    mkdirSync(join(root, 'film/takes/1-1/123'), { recursive: true });
    const file = join(root, 'film/takes/1-1/123/sample_0.mp4');
    writeFileSync(file, 'vendor');
    const [object] = await folder(root).list('film/takes/1-1/');
    expect(object).toMatchObject({ name: 'film/takes/1-1/123/sample_0.mp4', size: 6, metadata: {} });
    expect(await folder(root).head('film/takes/1-1/123/sample_0.mp4')).toEqual(object);
    const storage = folder(root);
    const copied = await storage.copy(
      { name: object?.name ?? '', revision: object?.revision ?? '' },
      'film/block_1.mp4',
      create,
    );
    expect(await storage.head('film/block_1.mp4')).toEqual(copied);
    writeFileSync(file, 'other!');
    utimesSync(file, 1, 1);
    expect((await storage.head(object?.name ?? ''))?.revision).not.toBe(object?.revision);
  });

  it('replaces a foreign file under its revision', async () => {
    const root = scratch();
    mkdirSync(join(root, 'film'));
    writeFileSync(join(root, 'film/script.json'), 'by hand');
    const storage = folder(root);
    const found = await storage.head('film/script.json');
    await storage.put('film/script.json', 'ours', { ifRevision: found?.revision ?? null, metadata: { token: 't' } });
    expect(await storage.text('film/script.json')).toMatchObject({
      text: 'ours',
      object: { metadata: { token: 't' } },
    });
  });

  it('removes a foreign file from a folder that has no notes', async () => {
    const root = scratch();
    mkdirSync(join(root, 'film/takes'), { recursive: true });
    writeFileSync(join(root, 'film/takes/sample_0.mp4'), 'vendor');
    const storage = folder(root);
    await storage.remove('film/takes/sample_0.mp4');
    expect(await storage.list('film/')).toEqual([]);
  });

  it('notices content that was edited in place', async () => {
    const root = scratch();
    const storage = folder(root);
    const object = await storage.put('film/a.txt', 'ours', { ...create, metadata: { token: 't' } });
    writeFileSync(join(root, 'film/a.txt'), 'edited');
    const edited = await storage.head('film/a.txt');
    expect(edited?.revision).not.toBe(object.revision);
    expect(edited?.metadata).toEqual({});
    await expect(storage.put('film/a.txt', 'new', { ifRevision: object.revision })).rejects.toMatchObject({
      code: 'precondition-failed',
    });
  });

  it.skipIf(process.platform === 'win32')(
    'keeps revisions and metadata when a film’s folder is copied by cp -a',
    async () => {
      const [from, to] = [scratch(), scratch()];
      const object = await folder(from).put('film/a.txt', 'x', { ...create, metadata: { take: '1' } });
      execFileSync('cp', ['-a', join(from, 'film'), to]);
      expect(await folder(to).head('film/a.txt')).toEqual(object);
    },
  );

  it('leaves nothing but the file and its note behind', async () => {
    const root = scratch();
    const storage = folder(root);
    let { revision } = await storage.put('film/a.txt', 'first', create);
    for (const text of ['second', 'third'])
      ({ revision } = await storage.put('film/a.txt', text, { ifRevision: revision }));
    expect(notesIn(root)).toHaveLength(1);
    await storage.remove('film/a.txt', { ifRevision: revision });
    expect(notesIn(root)).toEqual([]);
    expect(await storage.list('')).toEqual([]);
  });

  it('does not follow symbolic links, and its own notes have no names', async () => {
    const [root, outside] = [scratch(), scratch()];
    writeFileSync(join(outside, 'secret.txt'), 'secret');
    mkdirSync(join(root, 'film'));
    symlinkSync(outside, join(root, 'film/link'));
    symlinkSync(join(outside, 'secret.txt'), join(root, 'film/file.txt'));
    const storage = folder(root);
    const outsideError = { kind: 'permanent', code: 'storage-outside' };
    await expect(storage.put('film/link/new.txt', 'x', create)).rejects.toMatchObject(outsideError);
    await expect(storage.text('film/link/secret.txt')).rejects.toMatchObject(outsideError);
    await expect(storage.text('film/file.txt')).rejects.toMatchObject(outsideError);
    await expect(storage.list('film/link/')).rejects.toMatchObject(outsideError);
    expect(await storage.list('film/')).toEqual([]);
    expect(readdirSync(outside)).toEqual(['secret.txt']);
    await expect(storage.head('film/.reelstate/x')).rejects.toMatchObject({ code: 'bad-object-name' });
  });

  it('reads to the end what was opened, whatever takes its name meanwhile', async () => {
    const storage = folder(scratch());
    const body = new Uint8Array(1_000_000).fill(7);
    const { revision } = await storage.put('film/a.bin', body, create);
    const reader = storage.source('film/a.bin').open().getReader();
    let size = (await reader.read()).value?.length ?? 0;
    await storage.put('film/a.bin', 'short', { ifRevision: revision });
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) size += chunk.value.length;
    expect(size).toBe(1_000_000);
  });
});

/** Folders as a process leaves them that dies between two steps. */
describe('a folder whose writer died', () => {
  const draftOf = (owner: string) => `${crypto.randomUUID()}.${owner}.draft`;
  const note = (revision: string, by: string) =>
    JSON.stringify({ revision, contentType: 'text/plain', metadata: {}, by });

  it('while it wrote: the old content stays, the leftovers go with the next write', async () => {
    const [root, dead] = [scratch(), await deadProcess()];
    const object = await folder(root).put('film/a.txt', 'old', create);
    writeFileSync(join(root, 'film/.reelstate', draftOf(dead)), 'half of the new');
    writeFileSync(join(root, 'film/.reelstate', 'a.txt~unpublished-1.json'), note('never', dead));
    const storage = folder(root);
    expect(await storage.list('')).toEqual([object]);
    await storage.put('film/b.txt', 'x', create);
    expect(notesIn(root)).toHaveLength(2);
    expect(await storage.text('film/a.txt')).toMatchObject({ text: 'old', object });
  });

  it('before it published: anybody ends what it began, nobody twice', async () => {
    const [root, dead] = [scratch(), await deadProcess()];
    const object = await folder(root).put('film/a.txt', 'old', create);
    const draft = draftOf(dead);
    writeFileSync(join(root, 'film/.reelstate', draft), 'new');
    writeFileSync(join(root, 'film/.reelstate', `a.txt~${object.revision}.next`), JSON.stringify({ draft }));
    const storage = folder(root);
    expect((await storage.text('film/a.txt'))?.text).toBe('old');
    await expect(storage.put('film/a.txt', 'other', { ifRevision: object.revision })).rejects.toMatchObject({
      code: 'precondition-failed',
    });
    const present = await storage.text('film/a.txt');
    expect(present?.text).toBe('new');
    await storage.put('film/a.txt', 'other', { ifRevision: present?.object.revision ?? null });
    expect((await storage.text('film/a.txt'))?.text).toBe('other');
    expect(notesIn(root)).toHaveLength(1);
  });

  it('and whose draft somebody cleared away: the name is free again', async () => {
    const [root, dead] = [scratch(), await deadProcess()];
    const storage = folder(root);
    const object = await storage.put('film/a.txt', 'old', create);
    const next = JSON.stringify({ draft: draftOf(dead) });
    writeFileSync(join(root, 'film/.reelstate', `a.txt~${object.revision}.next`), next);
    await storage.put('film/a.txt', 'new', { ifRevision: object.revision });
    expect((await storage.text('film/a.txt'))?.text).toBe('new');
    expect(notesIn(root)).toHaveLength(1);
  });

  it('in the middle of a note or of its successor’s: a torn one is as good as none', async () => {
    const [root, dead] = [scratch(), await deadProcess()];
    const storage = folder(root);
    const object = await storage.put('film/a.txt', 'old', create);
    writeFileSync(join(root, 'film/.reelstate', `a.txt~${object.revision}.next`), '{"dra');
    await storage.put('film/a.txt', 'new', { ifRevision: object.revision });
    expect((await storage.text('film/a.txt'))?.text).toBe('new');
    const [name = ''] = notesIn(root);
    writeFileSync(join(root, 'film/.reelstate', name), '{"revision":');
    const torn = await storage.head('film/a.txt');
    expect(torn?.revision).toMatch(/^plain-/);
    await storage.put('film/a.txt', 'newer', { ifRevision: torn?.revision ?? null });
    expect((await storage.text('film/a.txt'))?.text).toBe('newer');
    expect(dead).not.toBe('');
  });

  it('keeps the drafts of processes that live', async () => {
    const root = scratch();
    await folder(root).put('film/a.txt', 'x', create);
    const { processName } = await import('../../src/adapters/local/process-name.ts');
    writeFileSync(join(root, 'film/.reelstate', draftOf(processName())), 'being written');
    writeFileSync(join(root, 'film/.reelstate', draftOf('elsewhere.boot.1.2.3')), 'another machine’s');
    await folder(root).put('film/b.txt', 'x', create);
    expect(notesIn(root)).toHaveLength(4);
  });
});
