package org.millrace.cli.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.bpe.Tokenizer;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.NumberType;
import org.millrace.cli.model.Foreign;
import picocli.CommandLine;

/// A folder of weights, evaluated as a user does it: with a broker and an inference service of its own. Only with
/// `-Dmillrace.long=true`, as `-Plong` sets it: they take longer to start than all tests of [EvaluationTest].
@EnabledIfSystemProperty(named = "millrace.long", matches = "true")
class EvalIT {

    private static final String TEXT = "hello world, 42!";

    @TempDir
    Path temp;

    @Test
    void aFoldersFiguresAreThoseOfItsLogits() throws Exception {
        Path model = Foreign.writeBase(temp.resolve("open"), Foreign.config(true, true, 280), NumberType.F32, 1 << 20);
        Path text = Files.writeString(temp.resolve("greeting.txt"), TEXT);
        Path cloze =
                Files.writeString(temp.resolve("cloze.jsonl"), "{\"context\":\"hello\",\"continuation\":\"world\"}");
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        PrintStream out = System.out;
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        int code;
        try {
            code = new CommandLine(new EvalCommand())
                    .execute(
                            "--model",
                            model.toString(),
                            "--task",
                            text.toString(),
                            "--task",
                            cloze.toString(),
                            "--json",
                            temp.resolve("figures.json").toString(),
                            "--state",
                            temp.resolve("nothing").toString());
        } finally {
            System.setOut(out);
        }

        assertThat(code).isZero();
        String[] lines = printed.toString(StandardCharsets.UTF_8).strip().split("\n");
        assertThat(temp.resolve("figures.json")).hasContent(lines[lines.length - 1]);
        JsonNode figures = new ObjectMapper().readTree(lines[lines.length - 1]);
        assertThat(figures.path("model").path("context").asInt()).isEqualTo(64);
        assertThat(figures.path("tasks")
                        .path(0)
                        .path("figures")
                        .path("bits_per_byte")
                        .path("value")
                        .asDouble())
                .isCloseTo(bits(model) / TEXT.length(), within(1e-4));
        assertThat(figures.path("tasks")
                        .path(1)
                        .path("figures")
                        .path("accuracy")
                        .path("of")
                        .asInt())
                .isEqualTo(1);
    }

    /// Of the text behind the id that begins it, from logits of the whole at once.
    private static double bits(Path model) throws IOException, OrtException {
        try (Checkpoint checkpoint = Checkpoint.openForeign(model)) {
            int[] text = Tokenizer.read(checkpoint.tokenizer()).encode(TEXT);
            int[] ids = new int[text.length + 1];
            ids[0] = checkpoint.config().bosId();
            System.arraycopy(text, 0, ids, 1, text.length);
            float[][] logits = Foreign.logits(checkpoint, ids);
            double nats = 0;
            for (int i = 0; i < text.length; i++) {
                double sum = 0;
                for (float logit : logits[i]) {
                    sum += Math.exp(logit);
                }
                nats += Math.log(sum) - logits[i][text[i]];
            }
            return nats / Math.log(2);
        }
    }
}
