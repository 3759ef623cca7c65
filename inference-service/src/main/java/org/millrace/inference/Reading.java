package org.millrace.inference;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A prompt on its way into a row, in pieces, so that answers being drawn wait for one piece at most.
final class Reading {

    private final Slot slot;
    private final int row;
    private final boolean scored;
    private final List<Scored> scores = new ArrayList<>(); // of the prompt's tokens from the second on
    private int fed;

    /// @param row of the prompt
    /// @param known tokens of the prompt that it holds already
    Reading(Slot slot, int row, int known) {
        this.slot = slot;
        this.row = row;
        this.fed = known;
        this.scored = slot.scoresPrompt();
    }

    Slot slot() {
        return slot;
    }

    int row() {
        return row;
    }

    /// Feeds the next piece of at most `most` tokens; to be called until the whole prompt is read.
    ///
    /// @param logits (V); those after the last token of the piece when this returns
    /// @return tokens of the piece
    int feed(Rows rows, int most, Sampler sampler, float[] logits) {
        int[] prompt = slot.prompt();
        int[] piece = Arrays.copyOfRange(prompt, fed, Math.min(prompt.length, fed + most));
        int wanted = scored ? piece.length : 1;
        FloatBuffer out = rows.extend(row, fed, piece, wanted);
        for (int i = 0; i < wanted; i++) {
            out.get(i * logits.length, logits);
            int next = fed + i + 1;
            if (scored && next < prompt.length) {
                scores.add(sampler.score(
                        logits,
                        prompt[next],
                        slot.generation().sampling().divisor(),
                        slot.generation().extras().top()));
            }
        }
        fed += piece.length;
        if (isDone() && scored) {
            slot.generation().listener().read(scores);
        }
        return piece.length;
    }

    boolean isDone() {
        return fed == slot.prompt().length;
    }
}
