package org.millrace.inference;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import org.millrace.inference.schema.Guides;

/// Answers that are drawn together, each in the row of the decoder with its own index. Of the engine's thread.
///
/// A prompt comes into the row behind them in one of four ways: read beside other prompts, read from where some row's
/// knowledge of it ends, repeated from a row that holds all of it, or in pieces, while its row is set aside.
final class Batch {

    private final Decoder decoder;
    private final Rows rows;
    private final int slots;
    private final int chunk;
    private final Sampler sampler;
    private final Slot.Ends ends;
    private final Guides guides;
    private final Tally tally;
    private final float[] logits;
    private final int[] tokens;
    private final int[] before;
    private final List<Slot> active = new ArrayList<>();

    /// Whose prompts are read in pieces: the first in the last row, the second in the one before it, and so on.
    private final List<Reading> aside = new ArrayList<>();

    /// @param sampler for logits (V)
    /// @param vocabulary V
    Batch(
            Decoder decoder,
            Engine.Limits limits,
            Sampler sampler,
            int vocabulary,
            Slot.Ends ends,
            Guides guides,
            Tally tally) {
        this.decoder = decoder;
        this.slots = limits.slots();
        this.chunk = limits.chunk();
        this.rows = new Rows(decoder, slots, ends.context());
        this.sampler = sampler;
        this.ends = ends;
        this.guides = guides;
        this.tally = tally;
        this.logits = new float[vocabulary];
        this.tokens = new int[slots];
        this.before = new int[slots];
    }

    int size() {
        return active.size();
    }

    boolean isEmpty() {
        return active.isEmpty();
    }

    /// Tokens of a prompt that need not be read.
    int known(Slot slot) {
        return slot.scoresPrompt() ? 0 : rows.known(slot.prompt());
    }

    /// Reads prompts side by side, padded to one length; those who join begin with a token each.
    ///
    /// @param siblings whose prompts are among the `fresh`: they begin from the same logits, and need not
    ///     wait for a step
    /// @return tokens that were read, padding included
    int read(List<Slot> fresh, List<Slot> siblings) {
        int first = active.size();
        int[][] prompts = fresh.stream().map(Slot::prompt).toArray(int[][]::new);
        int longest = 0;
        for (int i = 0; i < prompts.length; i++) {
            rows.take(first + i, prompts[i], 0);
            fresh.get(i).begin(0, guides);
            longest = Math.max(longest, prompts[i].length);
        }
        FloatBuffer out = rows.read(first, prompts);
        for (int i = 0; i < prompts.length; i++) {
            tally.promptTokens().add(prompts[i].length);
            out.get(i * logits.length, logits);
            begin(fresh.get(i));
        }
        for (Slot sibling : siblings) {
            int[] prompt = sibling.prompt();
            rows.take(active.size(), prompt, prompt.length);
            out.get(Slot.indexOf(sibling.generation(), fresh) * logits.length, logits);
            sibling.begin(prompt.length, guides);
            begin(sibling);
        }
        return longest * prompts.length;
    }

    /// Reads what no row holds of a prompt.
    ///
    /// @return tokens that were read
    int readRest(Slot slot, int known) {
        rows.take(active.size(), slot.prompt(), known);
        slot.begin(known, guides);
        int fed = new Reading(slot, known).feed(rows, active.size(), chunk, sampler, logits);
        tally.promptTokens().add(fed);
        begin(slot);
        return fed;
    }

    /// Gives a row to an answer whose prompt some row holds; its last token is fed again, for its logits.
    void repeat(Slot slot) {
        int[] prompt = slot.prompt();
        int known = prompt.length - 1;
        rows.take(active.size(), prompt, known);
        slot.begin(known, guides);
        slot.stand(known, prompt[known]);
        active.add(slot);
    }

    /// A prompt is to be read in pieces; others come and go meanwhile.
    void setAside(Slot slot, int known) {
        rows.take(active.size(), slot.prompt(), known);
        slot.begin(known, guides);
        rows.setAside(active.size());
        aside.add(new Reading(slot, known));
    }

    /// Those under way that are read in pieces.
    List<Reading> aside() {
        return List.copyOf(aside);
    }

    boolean isReading() {
        return !aside.isEmpty();
    }

    /// Reads a piece of a prompt that was set aside; one that is read whole begins with a token.
    ///
    /// @param most tokens that may be read
    /// @return tokens that were read
    int feed(Reading reading, int most) {
        Slot slot = reading.slot();
        int row = slots - 1 - aside.indexOf(reading);
        int fed = reading.feed(rows, row, slot.scoresPrompt() ? Math.min(piece(), most) : most, sampler, logits);
        tally.promptTokens().add(fed);
        if (reading.isDone()) {
            takeBack(reading);
            begin(slot);
        }
        return fed;
    }

    /// Its row comes back, behind the others.
    void takeBack(Reading reading) {
        int index = aside.indexOf(reading);
        rows.takeBack(slots - 1 - index, active.size());
        Reading last = aside.removeLast();
        if (last != reading) {
            aside.set(index, last);
        }
    }

    /// The row behind the others holds its prompt, and the logits are those behind it.
    private void begin(Slot slot) {
        active.add(slot);
        slot.stand(slot.prompt().length, 0);
        draw(slot);
    }

    /// Draws a token of each; there is one.
    void step() {
        int count = active.size();
        for (int row = 0; row < count; row++) {
            tokens[row] = active.get(row).next();
            before[row] = active.get(row).fed();
        }
        FloatBuffer out = rows.step(count, tokens, before);
        tally.steps().increment();
        for (int row = 0; row < count; row++) {
            Slot slot = active.get(row);
            slot.stand(before[row] + 1, 0);
            out.get(row * logits.length, logits);
            draw(slot);
        }
    }

    private void draw(Slot slot) {
        if (slot.draw(sampler, logits, ends)) {
            tally.drawnTokens().increment();
        }
    }

    /// Lets finished answers leave; the last row moves into the gap.
    void compact() {
        for (int row = active.size() - 1; row >= 0; row--) {
            if (active.get(row).isFinished()) {
                Slot last = active.removeLast();
                rows.release(row, active.size());
                if (row < active.size()) {
                    active.set(row, last);
                }
            }
        }
    }

    /// One piece of a scoring, in the row behind the slots.
    ///
    /// @param most tokens that may be fed
    /// @return tokens that were
    int score(Scoring scoring, int most) {
        return scoring.feed(decoder, slots, Math.min(piece(), most), sampler, logits);
    }

    /// Tokens that are fed at once if all their logits are wanted.
    private int piece() {
        return Math.clamp(Engine.PIECE_LOGITS / logits.length, 1, chunk);
    }

    /// Empties the rows.
    ///
    /// @return who was in them
    List<Slot> clear() {
        List<Slot> all = new ArrayList<>(active);
        aside.forEach(reading -> all.add(reading.slot()));
        active.clear();
        aside.clear();
        return all;
    }
}
