package org.millrace.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The header is a stranger's: whatever it claims, no byte outside the file is read.
class SafetensorsTest {

    @TempDir
    Path temp;

    private Path file(String header, int dataBytes) throws IOException {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(json.length).put(json);
        return Files.write(temp.resolve("t.safetensors"), bytes.array());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "ends outside      | {'evil':{'dtype':'F32','shape':[4],'data_offsets':[0,16]}}",
                "begins before     | {'evil':{'dtype':'F32','shape':[3],'data_offsets':[-4,8]}}",
                "ends before begin | {'evil':{'dtype':'F32','shape':[1],'data_offsets':[8,4]}}",
                "size is not shape | {'evil':{'dtype':'F32','shape':[1],'data_offsets':[0,8]}}",
                "product overflows | {'evil':{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,8]}}",
                "overflow to zero  | {'evil':{'dtype':'F64','shape':[2305843009213693952],'data_offsets':[0,0]}}",
                "negative extent   | {'evil':{'dtype':'F32','shape':[-1,-2],'data_offsets':[0,8]}}",
                "fractional extent | {'evil':{'dtype':'F32','shape':[1.5],'data_offsets':[0,8]}}",
                "huge extent       | {'evil':{'dtype':'F32','shape':[99999999999999999999],'data_offsets':[0,8]}}",
                "unknown type      | {'evil':{'dtype':'F31','shape':[2],'data_offsets':[0,8]}}",
                "no type           | {'evil':{'shape':[2],'data_offsets':[0,8]}}",
                "no offsets        | {'evil':{'dtype':'F32','shape':[2]}}",
                "three offsets     | {'evil':{'dtype':'F32','shape':[2],'data_offsets':[0,4,8]}}",
                "text offsets      | {'evil':{'dtype':'F32','shape':[2],'data_offsets':['0','8']}}",
                "not an object     | {'evil':7}",
                "many dimensions   | {'evil':{'dtype':'F32','shape':[1,1,1,1,1,1,1,1,2],'data_offsets':[0,8]}}",
                "overlap           | {'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'evil':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}}",
                "gap               | {'evil':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}}",
            })
    void aHostileTensorIsRefusedByName(String what, String header) throws IOException {
        Path file = file(header.replace('\'', '"'), 8);

        assertThatThrownBy(() -> Safetensors.open(file).close())
                .as(what)
                .isInstanceOf(CheckpointCorrupt.class)
                .hasMessageContaining("tensor \"evil\"");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "not JSON       | {'a",
                "not an object  | []",
                "a name twice   | {'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}",
                "bytes left over| {'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}}",
                "two documents  | {} {}",
            })
    void aHostileHeaderIsRefused(String what, String header) throws IOException {
        Path file = file(header.replace('\'', '"'), 8);

        assertThatThrownBy(() -> Safetensors.open(file).close()).as(what).isInstanceOf(CheckpointCorrupt.class);
    }

    @ParameterizedTest
    @CsvSource({"0", "1", "17", "100000001", "9223372036854775807", "-1"})
    void aHeaderLengthThatCannotBeIsRefused(long length) throws IOException {
        ByteBuffer bytes =
                ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
        Path file = Files.write(temp.resolve("t.safetensors"), bytes.array());

        assertThatThrownBy(() -> Safetensors.open(file).close())
                .isInstanceOf(CheckpointCorrupt.class)
                .hasMessageContaining("header length");
    }

    @Test
    void aFileShorterThanItsLengthFieldIsRefused() throws IOException {
        Path file = Files.write(temp.resolve("t.safetensors"), new byte[7]);

        assertThatThrownBy(() -> Safetensors.open(file).close()).isInstanceOf(CheckpointCorrupt.class);
    }

    @Test
    void halfPrecisionIsWidenedExactly() throws IOException {
        String header = "{\"b\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[0,4]},"
                + "\"h\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[4,8]}}";
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(16 + json.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(json.length).put(json);
        bytes.putShort((short) 0x3fc0).putShort((short) 0xc000); // 1.5, −2 as bf16
        bytes.putShort((short) 0x3e00).putShort((short) 0xc000); // 1.5, −2 as f16
        Path file = Files.write(temp.resolve("t.safetensors"), bytes.array());

        try (Safetensors read = Safetensors.open(file)) {
            assertThat(read.floats("b")).isEqualTo(FloatBuffer.wrap(new float[] {1.5f, -2f}));
            assertThat(read.floats("h")).isEqualTo(FloatBuffer.wrap(new float[] {1.5f, -2f}));
        }
    }

    @Test
    void numbersOfAnotherKindAreNotPassedOffAsFloats() throws IOException {
        Path file = file("{\"n\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]}}", 8);

        try (Safetensors read = Safetensors.open(file)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> read.floats("n"))
                    .withMessageContaining("\"n\"")
                    .withMessageContaining("I64");
        }
    }

    @Test
    void buffersDieWithTheFile() throws IOException {
        Path file = file("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8);
        Safetensors read = Safetensors.open(file);
        FloatBuffer buffer = read.floats("a");

        read.close();

        assertThatIllegalStateException().isThrownBy(() -> buffer.get(0));
    }
}
