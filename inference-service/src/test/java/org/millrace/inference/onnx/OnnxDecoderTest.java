package org.millrace.inference.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withPrecision;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.inference.Decoder;
import org.millrace.inference.Device;
import org.millrace.inference.TinyModel;
import org.millrace.onnx.AttentionKernel;
import org.millrace.onnx.Precision;

/// Who closes what, and when. What it computes, EngineTest tests.
class OnnxDecoderTest {

    /// Of 8 KiB for each layer and part: 16 TiB, which no machine has.
    private static final int TOO_MANY_ROWS = Integer.MAX_VALUE;

    private static final OnnxDecoder.Use USE = new OnnxDecoder.Use(new Device.Processor(), 1, 512);

    private final Checkpoint checkpoint;

    OnnxDecoderTest(@TempDir Path parent) throws IOException {
        checkpoint = Checkpoint.open(TinyModel.write(parent, 1));
    }

    @Test
    void closingReachesWhatWasMadeFirstAndOnlyOnce() throws Exception {
        var natives = new Natives();
        var lowest = new AtomicInteger();
        natives.add(lowest::incrementAndGet);
        var decoder = new OnnxDecoder(checkpoint, 2, USE, Precision.FP32, natives);
        decoder.extend(0, 0, new int[] {1, 2}, 1); // leaves a run behind

        decoder.close();
        decoder.close();

        assertThat(lowest).hasValue(1);
        assertThatThrownBy(() -> decoder.step(1, new int[] {1}, new int[] {0})).isInstanceOf(RuntimeException.class);
    }

    /// The session exists by then; the memory for its rows does not.
    @Test
    void whatFailsHalfWayLeavesNothingOpenButTheCheckpoint() throws Exception {
        var natives = new Natives();
        var lowest = new AtomicInteger();
        natives.add(lowest::incrementAndGet);

        assertThatThrownBy(() -> new OnnxDecoder(checkpoint, TOO_MANY_ROWS, USE, Precision.FP32, natives))
                .isInstanceOf(OutOfMemoryError.class)
                .hasNoSuppressedExceptions();

        assertThat(lowest).hasValue(1);
        try (Decoder second = OnnxDecoder.factory(1).open(checkpoint, 2, Precision.FP32)) {
            assertThat(second.extend(0, 0, new int[] {1}, 1).get(0)).isFinite();
        }
    }

    /// Four heads, and four bytes for the score of a token and a place: 64 MiB at most.
    @Test
    void attentionIsByProductsWhileItsScoresAreSmall() {
        ModelConfig config = TinyModel.config(1 << 13);
        assertThat(config.heads()).isEqualTo(4);

        assertThat(OnnxDecoder.attention(config, 512)).isEqualTo(AttentionKernel.PRODUCTS);
        assertThat(OnnxDecoder.attention(config, 513)).isEqualTo(AttentionKernel.TILES);
    }

    @Test
    void aModelTooLargeForTheMemoryCannotBeServedAndThatIsAll() {
        assertThatThrownBy(() -> OnnxDecoder.factory(1).open(checkpoint, TOO_MANY_ROWS, Precision.FP32))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("no memory for the model and 2147483647 rows: ");
        checkpoint.close(); // still ours
    }

    @Test
    void whoeverAsksForAnAcceleratorThatIsNotThereIsToldWhich() {
        var use = new OnnxDecoder.Use(new Device.Cuda(99), 1, 512);

        assertThatThrownBy(() -> OnnxDecoder.factory(use).open(checkpoint, 2, Precision.FP16))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("ONNX Runtime does not take the model: device cuda:99: ");
        checkpoint.close(); // still ours
    }

    @Test
    void aRunThatCannotBeMadeLeavesTheDecoderUsable() throws Exception {
        try (Decoder decoder = OnnxDecoder.factory(1).open(checkpoint, 2, Precision.FP32)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> decoder.extend(2, 0, new int[] {1}, 1))
                    .withMessage("rows: expected at most 2, got 3");

            assertThat(decoder.extend(1, 0, new int[] {1}, 1).get(0)).isFinite();
        }
    }

    /// Else the same seed would give other tokens when others are served. The number of rows changes logits in their
    /// last bits at most, as a kernel may add in another order for more rows; few bits make that larger.
    @ParameterizedTest
    @EnumSource(Precision.class)
    void logitsOfARowDoNotDependOnItsNeighbours(Precision precision) throws Exception {
        try (Decoder decoder = OnnxDecoder.factory(2).open(checkpoint, 33, precision)) {
            int vocabulary = TinyModel.config().vocabulary();
            decoder.extend(0, 0, new int[] {5, 6, 7}, 1);
            float[] alone = new float[vocabulary];
            decoder.step(1, new int[] {42}, new int[] {3}).get(0, alone);
            for (int rows : new int[] {2, 3, 8, 32}) {
                int[] tokens = new int[rows];
                int[] before = new int[rows];
                for (int row = 1; row < rows; row++) {
                    decoder.extend(row, 0, new int[] {row, 2 * row, 9}, 1);
                    tokens[row] = 3 * row;
                    before[row] = 3;
                }
                tokens[0] = 42;
                before[0] = 3;

                float[] among = new float[vocabulary];
                decoder.step(rows, tokens, before).get(0, among);

                assertThat(among).as("among %d", rows).containsExactly(alone, tolerance(precision));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void logitsOfAPromptDoNotDependOnThoseReadBesideIt(Precision precision) throws Exception {
        try (Decoder decoder = OnnxDecoder.factory(2).open(checkpoint, 4, precision)) {
            int vocabulary = TinyModel.config().vocabulary();
            int[][] prompts = {{5, 6, 7}, {8}, {9, 10, 11, 12, 13}, {14, 15}};
            float[] together = new float[prompts.length * vocabulary];
            decoder.read(0, prompts).get(0, together);
            for (int i = 0; i < prompts.length; i++) {
                float[] alone = new float[vocabulary];
                decoder.read(0, new int[][] {prompts[i]}).get(0, alone);

                assertThat(Arrays.copyOfRange(together, i * vocabulary, (i + 1) * vocabulary))
                        .as("prompt %d", i)
                        .containsExactly(alone, tolerance(precision));
            }
        }
    }

    private static Offset<Float> tolerance(Precision precision) {
        return withPrecision(precision == Precision.FP32 ? 1e-5f : 0.05f);
    }
}
