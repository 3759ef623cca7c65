package org.millrace.reward;

import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.millrace.bpe.SpecialToken;
import org.millrace.bpe.Tokenizer;
import org.millrace.checkpoint.ModelConfig;

/// One version of a reward model, ready to judge. Safe for many threads.
final class RewardModel implements AutoCloseable {

    private final String name;
    private final long version;
    private final ModelConfig config;
    private final Tokenizer tokenizer;
    private final ScoringQueue queue;

    RewardModel(String name, long version, ModelConfig config, Tokenizer tokenizer, ScoringQueue queue) {
        this.name = name;
        this.version = version;
        this.config = config;
        this.tokenizer = tokenizer;
        this.queue = queue;
    }

    String name() {
        return name;
    }

    long version() {
        return version;
    }

    int waiting() {
        return queue.waiting();
    }

    /// @throws Retired if a newer version has taken over meanwhile
    Judgement judge(Question question) throws BadRequest, Overloaded, Retired, InterruptedException {
        question.check(config.vocabulary(), config.context());
        float[] rewards = queue.score(question.sequences());
        float[] verified = new float[rewards.length];
        for (int i = 0; i < rewards.length; i++) {
            rewards[i] = (float) ((rewards[i] - config.rewardMean()) / config.rewardDeviation());
            verified[i] = verify(question.completions()[i], question.reference());
        }
        return new Judgement(rewards, verified, name, version);
    }

    private float verify(int[] completion, String reference) {
        if (reference.isEmpty()) {
            return -1;
        }
        return ExactAnswer.isRight(tokenizer.decode(spoken(completion)), reference) ? 1 : 0;
    }

    /// Without what the assistant asked of a tool and what that said, begin and end included: nobody is told of it.
    private int[] spoken(int[] completion) {
        IntStream.Builder spoken = IntStream.builder();
        OptionalInt end = OptionalInt.empty();
        for (int id : completion) {
            if (end.isPresent()) {
                end = end.getAsInt() == id ? OptionalInt.empty() : end;
                continue;
            }
            end = endOf(id);
            if (end.isEmpty()) {
                spoken.add(id);
            }
        }
        return spoken.build().toArray();
    }

    /// What ends the part that this token begins; empty if it begins none.
    private OptionalInt endOf(int id) {
        if (isToken(id, SpecialToken.PYTHON_START)) {
            return tokenizer.special(SpecialToken.PYTHON_END.text());
        }
        return isToken(id, SpecialToken.OUTPUT_START)
                ? tokenizer.special(SpecialToken.OUTPUT_END.text())
                : OptionalInt.empty();
    }

    private boolean isToken(int id, SpecialToken token) {
        return tokenizer.special(token.text()).equals(OptionalInt.of(id));
    }

    /// Finishes what waits; does not wait for it.
    @Override
    public void close() {
        queue.close();
    }

    void join() throws InterruptedException {
        queue.join();
    }
}
