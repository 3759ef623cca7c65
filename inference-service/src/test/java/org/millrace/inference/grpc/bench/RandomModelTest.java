package org.millrace.inference.grpc.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.bpe.Tokenizer;
import org.millrace.checkpoint.Checkpoint;
import org.millrace.inference.Decoder;
import org.millrace.inference.onnx.OnnxDecoder;

class RandomModelTest {

    @Test
    void isAModelOfTheDemosSizeThatCanBeServed(@TempDir Path folder) throws IOException {
        Checkpoint checkpoint = Checkpoint.open(RandomModel.write(folder, RandomModel.CONTEXT));

        assertThat(Tokenizer.read(checkpoint.tokenizer()).vocabularySize())
                .isEqualTo(checkpoint.config().vocabulary())
                .isEqualTo(RandomModel.VOCABULARY);
        assertThat(checkpoint.config().parameters()).isBetween(3_000_000L, 5_000_000L);
        try (Decoder decoder = OnnxDecoder.factory(1).open(checkpoint, 1)) {
            assertThat(decoder.extend(0, 0, new int[] {1, 2}, 1).get(0)).isFinite();
        }
    }
}
