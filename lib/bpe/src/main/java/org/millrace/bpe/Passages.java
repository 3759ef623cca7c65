package org.millrace.bpe;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/// Encodes text of several sources. What lies between two special tokens is one stretch, whatever passages it has: a
/// token may reach over the end of a passage. Special tokens are looked for in each run of trusted text by itself, so
/// that none reaches over its end. An empty passage ends no run: it is no text of anybody.
///
/// One use.
final class Passages {

    private final Tokenizer tokenizer;
    private int[] ids = new int[256];
    private int size;
    private final BitSet targets = new BitSet();

    /// Text since the last special token, and which of its chars are targets.
    private final StringBuilder stretch = new StringBuilder();

    private final BitSet learned = new BitSet();

    Passages(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    Rendered encode(List<Passage> all) {
        List<Passage> passages =
                all.stream().filter(passage -> !passage.text().isEmpty()).toList();
        for (int from = 0, to; from < passages.size(); from = to) {
            boolean isTrusted = passages.get(from).isTrusted();
            for (to = from; to < passages.size() && passages.get(to).isTrusted() == isTrusted; to++) {
                continue;
            }
            Run run = Run.of(passages.subList(from, to));
            if (isTrusted) {
                addTrusted(run);
            } else {
                addText(run, 0, run.text.length());
            }
        }
        endStretch();
        boolean[] target = new boolean[size];
        for (int i = 0; i < size; i++) {
            target[i] = targets.get(i);
        }
        return new Rendered(Arrays.copyOf(ids, size), target);
    }

    /// Passages that follow each other and are trusted alike.
    private record Run(String text, BitSet learned) {

        static Run of(List<Passage> passages) {
            StringBuilder text = new StringBuilder();
            BitSet learned = new BitSet();
            for (Passage passage : passages) {
                learned.set(text.length(), text.length() + passage.text().length(), passage.isTarget());
                text.append(passage.text());
            }
            return new Run(text.toString(), learned);
        }
    }

    private void addTrusted(Run run) {
        int from = 0;
        for (int at = 0; at < run.text.length(); ) {
            Optional<SpecialTokens.Written> special = tokenizer.specialTokens().at(run.text, at);
            if (special.isEmpty()) {
                at++;
                continue;
            }
            addText(run, from, at);
            endStretch();
            add(special.get().id());
            targets.set(size - 1, run.learned.get(at));
            at += special.get().text().length();
            from = at;
        }
        addText(run, from, run.text.length());
    }

    private void addText(Run run, int from, int to) {
        int start = stretch.length();
        stretch.append(run.text, from, to);
        for (int at = run.learned.nextSetBit(from); at >= 0 && at < to; ) {
            int end = Math.min(to, run.learned.nextClearBit(at));
            learned.set(start + at - from, start + end - from);
            at = run.learned.nextSetBit(end);
        }
    }

    private void endStretch() {
        String text = stretch.toString();
        int first = size;
        add(tokenizer.encode(text));
        if (!learned.isEmpty()) {
            BitSet bytes = bytes(Tokenizer.withoutUnpairedSurrogates(text));
            for (int i = first, at = 0; i < size; i++) {
                int end = at + tokenizer.byteLength(ids[i]);
                int next = bytes.nextSetBit(at);
                targets.set(i, next >= 0 && next < end);
                at = end;
            }
        }
        stretch.setLength(0);
        learned.clear();
    }

    /// Of the bytes that are encoded, those of a target. Where the tokenizer composes a character out of two that lie
    /// on both sides of a target's end, the end is within a character of where it was.
    private BitSet bytes(String text) {
        BitSet bytes = new BitSet();
        int at = 0;
        for (int from = 0, to; from < text.length(); from = to) {
            boolean isTarget = learned.get(from);
            to = Math.min(text.length(), end(from, isTarget));
            if (to < text.length() && Character.isSurrogatePair(text.charAt(to - 1), text.charAt(to))) {
                to++;
            }
            int length = tokenizer.normalised(text.substring(from, to)).getBytes(UTF_8).length;
            bytes.set(at, at + length, isTarget);
            at += length;
        }
        return bytes;
    }

    private int end(int from, boolean isTarget) {
        int end = isTarget ? learned.nextClearBit(from) : learned.nextSetBit(from);
        return end < 0 ? Integer.MAX_VALUE : end;
    }

    private void add(int... more) {
        if (size + more.length > ids.length) {
            ids = Arrays.copyOf(ids, Math.max(2 * ids.length, size + more.length));
        }
        System.arraycopy(more, 0, ids, size, more.length);
        size += more.length;
    }
}
