package org.millrace.inference;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// A decoder whose logits are noise that depends on all tokens of the row, and on nothing else: whoever mixes up
/// rows, or their lengths, draws something else. Notes what was fed, in order, and has a clock of its own. A test may
/// retouch the noise.
final class RememberingDecoder implements Decoder {

    /// @param step true: a token to each row; false: prompt tokens to some
    /// @param tokens that were fed, padding included
    record Fed(boolean step, int tokens) {}

    /// Changes the logits of one place.
    @FunctionalInterface
    interface Retouch {

        /// @param held tokens of the row up to this place
        /// @param first where the logits of this place begin
        void touch(List<Integer> held, FloatBuffer logits, int first);
    }

    private final int vocabulary;
    private final Retouch retouch;
    private final List<List<Integer>> rows = new ArrayList<>();
    private final List<Fed> fed = new ArrayList<>();
    private long milliseconds;
    private int ofEachRead;

    RememberingDecoder(int vocabulary, int count) {
        this(vocabulary, count, (held, logits, first) -> {});
    }

    RememberingDecoder(int vocabulary, int count, Retouch retouch) {
        this.vocabulary = vocabulary;
        this.retouch = retouch;
        for (int row = 0; row < count; row++) {
            rows.add(new ArrayList<>());
        }
    }

    /// All but decides what is drawn: behind a prompt the tokens of a script, one at each place, however the row
    /// came to be.
    ///
    /// @param prompt tokens before the script begins
    /// @param script behind its end, the last token again
    static RememberingDecoder scripted(int vocabulary, int count, int prompt, int... script) {
        return new RememberingDecoder(vocabulary, count, (held, logits, first) -> {
            if (held.size() >= prompt) {
                logits.put(first + script[Math.min(held.size() - prompt, script.length - 1)], 50);
            }
        });
    }

    /// To be read when the engine has stopped.
    List<Fed> fed() {
        return fed;
    }

    /// Each read takes so long, besides what its tokens take.
    void setReadMilliseconds(int more) {
        ofEachRead = more;
    }

    /// In ns: a token of a prompt takes a millisecond, and a step another. For the engine's thread.
    long clock() {
        return milliseconds * 1_000_000;
    }

    private void note(Fed what) {
        fed.add(what);
        milliseconds += what.step() ? 1 : ofEachRead + what.tokens();
    }

    List<Integer> held(int row) {
        return rows.get(row);
    }

    @Override
    public FloatBuffer read(int first, int[][] prompts) {
        int longest = 0;
        FloatBuffer logits = FloatBuffer.allocate(prompts.length * vocabulary);
        for (int i = 0; i < prompts.length; i++) {
            put(first + i, 0, prompts[i], 1, logits);
            longest = Math.max(longest, prompts[i].length);
        }
        note(new Fed(false, longest * prompts.length));
        return logits.flip();
    }

    @Override
    public FloatBuffer step(int count, int[] tokens, int[] before) {
        FloatBuffer logits = FloatBuffer.allocate(count * vocabulary);
        for (int row = 0; row < count; row++) {
            put(row, before[row], new int[] {tokens[row]}, 1, logits);
        }
        note(new Fed(true, count));
        return logits.flip();
    }

    @Override
    public FloatBuffer extend(int row, int before, int[] tokens, int wanted) {
        FloatBuffer logits = FloatBuffer.allocate(wanted * vocabulary);
        put(row, before, tokens, wanted, logits);
        note(new Fed(false, tokens.length));
        return logits.flip();
    }

    private void put(int row, int before, int[] tokens, int wanted, FloatBuffer logits) {
        List<Integer> held = rows.get(row);
        if (before > held.size()) {
            throw new IllegalStateException("row %d holds %d tokens, not %d".formatted(row, held.size(), before));
        }
        held.subList(before, held.size()).clear();
        for (int i = 0; i < tokens.length; i++) {
            held.add(tokens[i]);
            if (i >= tokens.length - wanted) {
                var noise = new SplittableRandom(held.hashCode() * 0x9e3779b97f4a7c15L);
                int first = logits.position();
                for (int v = 0; v < vocabulary; v++) {
                    logits.put((float) (3 * noise.nextGaussian()));
                }
                retouch.touch(held, logits, first);
            }
        }
    }

    @Override
    public void copy(int from, int to, int length) {
        List<Integer> copied = List.copyOf(rows.get(from).subList(0, length));
        rows.get(to).clear();
        rows.get(to).addAll(copied);
    }

    @Override
    public void swap(int a, int lengthOfA, int b, int lengthOfB) {
        List<Integer> ofA = List.copyOf(rows.get(a).subList(0, lengthOfA));
        List<Integer> ofB = List.copyOf(rows.get(b).subList(0, lengthOfB));
        rows.get(a).clear();
        rows.get(a).addAll(ofB);
        rows.get(b).clear();
        rows.get(b).addAll(ofA);
    }

    @Override
    public void close() {
        // Nothing to free.
    }
}
