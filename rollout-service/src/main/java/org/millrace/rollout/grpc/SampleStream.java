package org.millrace.rollout.grpc;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.millrace.proto.policy.v1.GenerateResponse;
import org.millrace.proto.policy.v1.GenerateResponse.Finish;
import org.millrace.rollout.Answers;
import org.millrace.rollout.CallFailed;
import org.millrace.rollout.Sample;
import org.millrace.rollout.TokenizerVersion;

/// Puts the chunks of a Generate stream together, and refuses what the contract does not allow.
final class SampleStream {

    private final List<Growing> samples = new ArrayList<>();
    private int[] promptTokens = {};
    private String model = "";
    private TokenizerVersion tokenizer = new TokenizerVersion("", 0);

    SampleStream(int wanted) {
        for (int i = 0; i < wanted; i++) {
            samples.add(new Growing());
        }
    }

    void add(GenerateResponse chunk) throws CallFailed {
        int index = chunk.getSample();
        if (index < 0 || index >= samples.size()) {
            throw Failures.malformed("policy", "sample %d of %d".formatted(index, samples.size()));
        }
        if (chunk.getTokensCount() != chunk.getLogProbsCount()) {
            throw Failures.malformed(
                    "policy",
                    "%d tokens with %d log-probabilities".formatted(chunk.getTokensCount(), chunk.getLogProbsCount()));
        }
        if (chunk.getForcedCount() > 0 && chunk.getForcedCount() != chunk.getTokensCount()) {
            throw Failures.malformed(
                    "policy", "%d tokens with %d marks".formatted(chunk.getTokensCount(), chunk.getForcedCount()));
        }
        for (float logProb : chunk.getLogProbsList()) {
            if (!Float.isFinite(logProb)) { // one of them would spoil a whole training step
                throw Failures.malformed("policy", "log-probability %s in sample %d".formatted(logProb, index));
            }
        }
        if (chunk.getPromptTokensCount() > 0) {
            promptTokens = chunk.getPromptTokensList().stream()
                    .mapToInt(Integer::intValue)
                    .toArray();
            tokenizer = new TokenizerVersion(chunk.getTokenizer(), chunk.getTokenizerVersion());
        }
        if (!chunk.getModel().isEmpty()) {
            model = chunk.getModel();
        }
        samples.get(index).add(chunk);
    }

    Answers whole() throws CallFailed {
        if (promptTokens.length == 0) {
            throw Failures.malformed("policy", "no prompt tokens");
        }
        List<Sample> whole = new ArrayList<>();
        for (int i = 0; i < samples.size(); i++) {
            whole.add(samples.get(i).sample(i));
        }
        return new Answers(model, tokenizer, promptTokens, whole);
    }

    /// One sample as far as it has come.
    private static final class Growing {

        private final StringBuilder text = new StringBuilder();
        private int[] tokens = new int[32];
        private float[] logProbs = new float[32];
        private long[] versions = new long[32];
        private boolean[] forced = new boolean[32];
        private int length;
        private Finish finish = Finish.FINISH_UNSPECIFIED;

        void add(GenerateResponse chunk) {
            int more = chunk.getTokensCount();
            if (length + more > tokens.length) {
                int room = Math.max(2 * tokens.length, length + more);
                tokens = Arrays.copyOf(tokens, room);
                logProbs = Arrays.copyOf(logProbs, room);
                versions = Arrays.copyOf(versions, room);
                forced = Arrays.copyOf(forced, room);
            }
            for (int i = 0; i < more; i++) {
                tokens[length] = chunk.getTokens(i);
                logProbs[length] = chunk.getLogProbs(i);
                versions[length] = chunk.getModelVersion();
                forced[length] = chunk.getForcedCount() > 0 && chunk.getForced(i);
                length++;
            }
            text.append(chunk.getText());
            if (chunk.getFinish() != Finish.FINISH_UNSPECIFIED) {
                finish = chunk.getFinish();
            }
        }

        Sample sample(int index) throws CallFailed {
            if (length == 0 || finish == Finish.FINISH_UNSPECIFIED || finish == Finish.UNRECOGNIZED) {
                throw Failures.malformed(
                        "policy", "sample %d ended with %d tokens and %s".formatted(index, length, finish));
            }
            return new Sample(
                    index,
                    Arrays.copyOf(tokens, length),
                    Arrays.copyOf(logProbs, length),
                    Arrays.copyOf(versions, length),
                    Arrays.copyOf(forced, length),
                    text.toString(),
                    finish == Finish.FINISH_STOP);
        }
    }
}
