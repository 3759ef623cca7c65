package org.millrace.inference.grpc.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.bpe.Tokenizer;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.checkpoint.TensorSource;
import org.millrace.inference.Decoder;
import org.millrace.inference.grpc.bench.BenchOptions.Part;
import org.millrace.inference.onnx.OnnxDecoder;
import org.millrace.onnx.Precision;

class RandomModelTest {

    @Test
    void isAModelOfTheShapeAskedForThatCanBeServed(@TempDir Path folder) throws IOException {
        BenchOptions options = BenchOptions.of(List.of("localhost:1", "1", "--shape", "2,64,4,2,600"));
        Checkpoint checkpoint = Checkpoint.open(RandomModel.write(folder, options.shape(), RandomModel.CONTEXT));

        assertThat(Tokenizer.read(checkpoint.tokenizer()).vocabularySize())
                .isEqualTo(checkpoint.config().vocabulary())
                .isEqualTo(600);
        assertThat(checkpoint.config().layers()).isEqualTo(2);
        assertThat(checkpoint.config().kvHeads()).isEqualTo(2);
        try (Decoder decoder = OnnxDecoder.factory(1).open(checkpoint, 1, Precision.FP32)) {
            assertThat(decoder.extend(0, 0, new int[] {1, 2}, 1).get(0)).isFinite();
        }
    }

    @Test
    void aTensorIsTheSameInWhateverPiecesItIsRead() {
        TensorSource tensor = Objects.requireNonNull(
                RandomModel.weights(ModelConfig.ofDepth(1, 32, 64, 600, 0, 0), new SplittableRandom(1))
                        .get("model.embed_tokens.weight"));
        FloatBuffer whole = FloatBuffer.allocate(100);
        tensor.read(0, whole);
        FloatBuffer piece = FloatBuffer.allocate(30);

        tensor.read(70, piece);
        assertThat(piece.flip()).isEqualTo(whole.slice(70, 30));
    }

    @Test
    void whatIsNoOptionOfTheCommandIsRefusedBeforeAnythingIsStarted() {
        BenchOptions.check(List.of("--shape", "2,64,4,2,600", "--weights", "int8,int4"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BenchOptions.check(List.of("int8")))
                .withMessageStartingWith("\"int8\" is no option; usage: ");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BenchOptions.check(List.of("--weights", "int3")))
                .withMessage("--weights: expected fp32, fp16, int8 or int4, got \"int3\"");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BenchOptions.check(List.of("--only", "swaps,")))
                .withMessage("--only: expected some of throughput, first-tokens, prefixes and swaps, got \"\"");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BenchOptions.of(List.of("localhost:1", "1", "--shape", "2,64,4,2,600", "folder")))
                .withMessage("--shape: expected no checkpoint, as that has a shape of its own, got folder");
    }

    @Test
    void partsAreMeasuredInTheirOrderAndAllUnlessToldOtherwise() {
        assertThat(BenchOptions.of(List.of("localhost:1", "1")).parts()).containsExactly(Part.values());
        assertThat(BenchOptions.of(List.of("localhost:1", "1", "--only", "swaps,first-tokens"))
                        .parts())
                .containsExactly(Part.FIRST_TOKENS, Part.SWAPS);
    }

    @Test
    void aShapeThatCannotBeIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BenchOptions.of(List.of("localhost:1", "1", "--shape", "2,64,4")))
                .withMessage(
                        "--shape: expected layers, width, heads, heads of keys and vocabulary as L,D,H,K,V, got \"2,64,4\"");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BenchOptions.of(List.of("localhost:1", "1", "--shape", "2,64,3,1,600")))
                .withMessage("--shape: expected heads of a multiple of 16 each, got width 64 and 3 heads");
    }
}
