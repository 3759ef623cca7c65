package org.millrace.cli.probe;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.OptionalInt;
import org.millrace.cli.client.Answers;
import org.millrace.cli.client.AtOnce;
import org.millrace.cli.client.Progress;
import org.millrace.proto.events.v1.Sampling;

/// A model that the inference service serves.
final class Served implements Model {

    private final Answers answers;
    private final String name;
    private final float temperature;
    private final OptionalInt longest;
    private final boolean passOver;

    /// @param temperature 0 to 2
    /// @param longest reply, in tokens; empty: as the server has it
    /// @param passOver whether a question that is too long for its context has an empty reply; else it is an error
    Served(Answers answers, String name, float temperature, OptionalInt longest, boolean passOver) {
        this.answers = answers;
        this.name = name;
        this.temperature = temperature;
        this.longest = longest;
        this.passOver = passOver;
    }

    @Override
    public List<Reply> replies(List<String> questions, long seed) throws InterruptedException {
        Sampling sampling = Sampling.newBuilder()
                .setTemperature(temperature)
                .setMaxTokens(longest.orElse(0))
                .setSeed(seed)
                .build();
        try (Progress progress = new Progress(name)) {
            return AtOnce.all(
                    questions,
                    question -> reply(question, sampling),
                    done -> progress.to((double) done / questions.size()));
        }
    }

    private Reply reply(String question, Sampling sampling) throws InterruptedException {
        try {
            Answers.Answer answer =
                    answers.whole(Answers.conversation(name, List.of(Answers.user(question)), sampling));
            return new Reply(answer.text(), answer.stopped());
        } catch (StatusRuntimeException e) {
            if (passOver && isTooLong(e.getStatus())) {
                return new Reply("", false);
            }
            throw e;
        }
    }

    /// The service names the field that is wrong; of these requests only the length of the prompt can be.
    private static boolean isTooLong(Status status) {
        return status.getCode() == Status.Code.INVALID_ARGUMENT
                && String.valueOf(status.getDescription()).startsWith("prompt: ");
    }
}
