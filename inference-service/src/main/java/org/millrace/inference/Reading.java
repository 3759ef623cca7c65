package org.millrace.inference;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A prompt on its way into a row, in pieces if it is long, so that nobody waits for more than a piece of it.
final class Reading {

    private final Slot slot;
    private final int known;
    private final boolean scored;
    private final List<Scored> scores = new ArrayList<>(); // of the prompt's tokens from the second on
    private int fed;

    /// @param known tokens of the prompt that its row holds already
    Reading(Slot slot, int known) {
        this.slot = slot;
        this.known = known;
        this.fed = known;
        this.scored = slot.scoresPrompt();
    }

    Slot slot() {
        return slot;
    }

    /// Tokens of the prompt that its row held when reading began.
    int known() {
        return known;
    }

    /// Feeds the next piece of at most `most` tokens; to be called until the whole prompt is read.
    ///
    /// @param row of the prompt
    /// @param logits (V); those after the last token of the piece when this returns
    /// @return tokens of the piece
    int feed(Rows rows, int row, int most, Sampler sampler, float[] logits) {
        int[] prompt = slot.prompt();
        int[] piece = Arrays.copyOfRange(prompt, fed, Math.min(prompt.length, fed + most));
        int wanted = scored ? piece.length : 1;
        FloatBuffer out = rows.extend(row, fed, piece, wanted);
        for (int i = 0; i < wanted; i++) {
            out.get(i * logits.length, logits);
            int next = fed + i + 1;
            if (scored && next < prompt.length) {
                score(sampler, logits, prompt[next]);
            }
        }
        fed += piece.length;
        if (isDone() && scored && !slot.isFinished()) {
            slot.generation().listener().read(scores);
        }
        return piece.length;
    }

    private void score(Sampler sampler, float[] logits, int token) {
        Generation generation = slot.generation();
        try {
            scores.add(sampler.score(
                    logits,
                    token,
                    generation.sampling().divisor(),
                    generation.extras().top()));
        } catch (NotFinite e) {
            generation.fail(e);
        }
    }

    boolean isDone() {
        return fed == slot.prompt().length;
    }
}
