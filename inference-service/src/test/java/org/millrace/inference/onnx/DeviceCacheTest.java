package org.millrace.inference.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.inference.Decoder;
import org.millrace.inference.Device;
import org.millrace.inference.TinyModel;
import org.millrace.onnx.Precision;

/// With the processor as the device: the same graphs and the same calls as with an accelerator, in other memory.
class DeviceCacheTest {

    private static final int ROWS = 4;
    private static final OnnxDecoder.Use USE = new OnnxDecoder.Use(new Device.Processor(), 1, 512);

    private final Path model;

    DeviceCacheTest(@TempDir Path parent) throws IOException {
        model = TinyModel.write(parent, 1);
    }

    /// Rows are read, drawn with, prolonged, copied and exchanged at random, in both; their logits are bit for bit the
    /// same.
    @ParameterizedTest
    @EnumSource(
            value = Precision.class,
            names = {"FP32", "FP16"})
    void rowsHoldWhatThoseInThisProcessHold(Precision precision) throws Exception {
        try (Decoder here = decoder(precision, (shape, use, session, memory) -> new HostCache(shape, memory, false));
                OnnxDecoder there = decoder(
                        precision, (shape, use, session, memory) -> new DeviceCache(shape, use.device(), session))) {
            there.rehearse(512);
            var random = new SplittableRandom(3);
            int[] lengths = new int[ROWS];
            for (int i = 0; i < 300; i++) {
                int row = random.nextInt(ROWS);
                int other = random.nextInt(ROWS);
                switch (random.nextInt(5)) {
                    case 0 -> {
                        int[][] prompts = {tokens(random, 5), tokens(random, 9)};
                        int first = random.nextInt(ROWS - 1);
                        assertSame(here.read(first, prompts), there.read(first, prompts));
                        lengths[first] = prompts[0].length;
                        lengths[first + 1] = prompts[1].length;
                    }
                    case 1 -> {
                        int[] tokens = tokens(random, 7);
                        int before = random.nextInt(Math.min(lengths[row], 40) + 1);
                        assertSame(
                                here.extend(row, before, tokens, tokens.length),
                                there.extend(row, before, tokens, tokens.length));
                        lengths[row] = before + tokens.length;
                    }
                    case 2 -> {
                        int count = row + 1;
                        int[] tokens = tokens(random, count);
                        int[] before = new int[count];
                        for (int r = 0; r < count; r++) {
                            before[r] = Math.min(lengths[r], 50);
                            lengths[r] = before[r] + 1;
                        }
                        assertSame(here.step(count, tokens, before), there.step(count, tokens, before));
                    }
                    case 3 -> {
                        int length = random.nextInt(lengths[row] + 1);
                        here.copy(row, other, length);
                        there.copy(row, other, length);
                        lengths[other] = row == other ? lengths[row] : length;
                    }
                    default -> {
                        here.swap(row, lengths[row], other, lengths[other]);
                        there.swap(row, lengths[row], other, lengths[other]);
                        int length = lengths[row];
                        lengths[row] = lengths[other];
                        lengths[other] = length;
                    }
                }
            }
        }
    }

    private OnnxDecoder decoder(Precision precision, Cache.Factory caches) throws IOException, OrtException {
        return new OnnxDecoder(Checkpoint.open(model), ROWS, USE, precision, new Natives(), caches);
    }

    private static int[] tokens(SplittableRandom random, int count) {
        return random.ints(count, 0, TinyModel.config().vocabulary()).toArray();
    }

    private static void assertSame(FloatBuffer a, FloatBuffer b) {
        assertThat(floats(a)).containsExactly(floats(b));
    }

    private static float[] floats(FloatBuffer buffer) {
        float[] values = new float[buffer.remaining()];
        buffer.get(values);
        return values;
    }
}
