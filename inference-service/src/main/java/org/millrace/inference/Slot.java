package org.millrace.inference;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.millrace.bpe.Tokenizer;
import org.millrace.inference.schema.Grammar;
import org.millrace.inference.schema.Guides;

/// One answer while it is drawn or waits to be. While it is drawn it holds the row of the decoder with its
/// own index in the engine's [Batch].
final class Slot {

    private final Generation generation;
    private final int sample;
    private final SplittableRandom random;
    private final History history;
    private final AnswerParts parts;
    private int fed;
    private int next;
    private int drawn;
    private boolean finished;

    Slot(Generation generation, int sample, Tokenizer tokenizer) {
        this.generation = generation;
        this.sample = sample;
        this.random = new SplittableRandom(mix(mix(generation.sampling().seed()) + sample));
        this.history = new History(generation.tokens(), generation.sampling());
        this.parts = new AnswerParts(tokenizer, generation.ending().texts(), generation.tools());
    }

    /// @return of the first of them that is of this request, or −1
    static int indexOf(Generation generation, List<Slot> slots) {
        for (int i = 0; i < slots.size(); i++) {
            if (slots.get(i).generation == generation) {
                return i;
            }
        }
        return -1;
    }

    Generation generation() {
        return generation;
    }

    int[] prompt() {
        return generation.tokens();
    }

    /// Whether log-probabilities of its prompt are wanted: of a request's samples, the first tells them.
    boolean scoresPrompt() {
        return sample == 0 && generation.extras().ofPrompt();
    }

    /// Tokens that its row holds.
    int fed() {
        return fed;
    }

    /// The token that its row is to be fed in the next step.
    int next() {
        return next;
    }

    boolean isFinished() {
        return finished || generation.isCancelled();
    }

    /// It has a row, which holds so many tokens of its prompt already.
    void begin(int known, Guides guides) {
        Grammar grammar = generation.grammar();
        if (grammar != null) {
            history.follow(guides.guide(grammar, generation.tools().closing()));
        }
        generation.listener().begun(known);
    }

    /// Its row holds `count` tokens of prompt and answer; `token` comes next.
    void stand(int count, int token) {
        fed = count;
        next = token;
    }

    /// Draws a token from the logits after the row's last token, unless one is forced, and tells the listener. A forced
    /// token takes no random number, and ends no answer by what it is.
    ///
    /// @return false if none is wanted any more, or the model gave no numbers
    boolean draw(Sampler sampler, float[] logits, Ends ends) {
        if (isFinished()) {
            return false;
        }
        Generation.Ending ending = generation.ending();
        Integer given = parts.forced();
        boolean forced = given != null;
        Sampler.Draw draw;
        try {
            draw = given != null
                    ? sampler.given(
                            logits,
                            given,
                            generation.sampling(),
                            generation.extras().top())
                    : sampler.draw(
                            logits,
                            generation.sampling(),
                            history,
                            generation.extras().top(),
                            random);
        } catch (NotFinite e) {
            generation.fail(e);
            return false;
        }
        drawn++;
        next = draw.token();
        history.add(next);
        boolean stopId = !forced && ending.ids().contains(next);
        AnswerParts.Said said = stopId ? AnswerParts.Said.NOTHING : parts.add(next);
        boolean stops =
                stopId || parts.isStopped() || parts.waits() || (!forced && !ending.ignoreEnd() && ends.isEnd(next));
        boolean full = drawn == ending.maxTokens() || generation.tokens().length + drawn == ends.context();
        if (stops || full) {
            AnswerParts.Said rest = parts.end();
            stops |= parts.isStopped() || !rest.asides().isEmpty(); // what was held back ends it by itself
            said = said.and(rest);
        }
        Drawn.Finish finish = null;
        if (stops) {
            finish = parts.hasCalled() ? Drawn.Finish.CALL : Drawn.Finish.STOP;
        } else if (full) {
            finish = Drawn.Finish.LENGTH;
        }
        generation
                .listener()
                .drawn(new Drawn(sample, next, draw.logProb(), draw.top(), said.text(), said.asides(), forced, finish));
        finished = finish != null; // once the listener knows, not before
        return true;
    }

    /// What ends an answer by itself.
    ///
    /// @param endOfTurn the assistant has said what it wanted, as the chat template ends turns
    /// @param endOfText the same, as the model's configuration has it: of many models another token
    /// @param beginOfText a new text begins: how a model that never saw a conversation ends one
    /// @param context tokens that a row may hold, prompt and answer together
    record Ends(int endOfTurn, int endOfText, int beginOfText, int context) {

        Set<Integer> ids() {
            return new HashSet<>(List.of(endOfTurn, endOfText, beginOfText));
        }

        boolean isEnd(int token) {
            return token == endOfTurn || token == endOfText || token == beginOfText;
        }
    }

    /// Spreads near seeds apart: [SplittableRandom] would draw shifted copies of one sequence for some of them.
    private static long mix(long seed) {
        long mixed = (seed ^ seed >>> 33) * 0xff51afd7ed558ccdL;
        mixed = (mixed ^ mixed >>> 33) * 0xc4ceb9fe1a85ec53L;
        return mixed ^ mixed >>> 33;
    }
}
