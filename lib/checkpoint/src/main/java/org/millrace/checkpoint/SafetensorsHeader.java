package org.millrace.checkpoint;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// What a file of tensors says about itself, read as a stranger's word: token by token, so that it costs no
/// more memory than it has bytes, and believed only where it fits the bytes that are there.
///
/// @param tensors by name
/// @param metadata what the writer said about the file
record SafetensorsHeader(SortedMap<String, Entry> tensors, SortedMap<String, String> metadata) {

    static final String METADATA = "__metadata__";

    /// Far more than any model has.
    private static final int MAX_TENSORS = 100_000;

    private static final int MAX_DIMENSIONS = 8;

    /// One tensor.
    ///
    /// @param begin of its bytes behind the header, inclusive
    /// @param end exclusive
    record Entry(String name, String dtype, long[] shape, long begin, long end) {}

    /// @param dataLength bytes behind the header
    static SafetensorsHeader parse(Path file, byte[] json, long dataLength) throws CheckpointCorrupt {
        try (JsonParser parser = Json.STRICT.createParser(json)) {
            return new Reading(file, parser, dataLength).header();
        } catch (CheckpointCorrupt e) {
            throw e;
        } catch (IOException e) { // of what is in the bytes, which are in memory
            throw Json.broken(file, e);
        }
    }

    /// Bytes of one number of this type, 0 if it is not known.
    private static long width(String dtype) {
        return switch (dtype) {
            case "BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2" -> 1;
            case "U16", "I16", "F16", "BF16" -> 2;
            case "U32", "I32", "F32" -> 4;
            case "U64", "I64", "F64" -> 8;
            default -> 0;
        };
    }

    static String shortened(String text) {
        return text.length() <= 120 ? text : text.substring(0, 120) + "…";
    }

    /// One pass over the header.
    private record Reading(Path file, JsonParser parser, long dataLength) {

        SafetensorsHeader header() throws IOException {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new CheckpointCorrupt(file, "header: expected a JSON object");
            }
            SortedMap<String, Entry> tensors = new TreeMap<>();
            SortedMap<String, String> metadata = new TreeMap<>();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                if (name.equals(METADATA)) {
                    readMetadata(metadata);
                } else {
                    tensors.put(name, entry(name));
                }
                if (tensors.size() > MAX_TENSORS) {
                    throw new CheckpointCorrupt(
                            file, "header: expected at most %d tensors, got more".formatted(MAX_TENSORS));
                }
            }
            if (parser.nextToken() != null) {
                throw new CheckpointCorrupt(file, "header: expected nothing behind the JSON object");
            }
            checkCoverage(tensors);
            return new SafetensorsHeader(tensors, metadata);
        }

        private void readMetadata(SortedMap<String, String> metadata) throws IOException {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new CheckpointCorrupt(file, METADATA + ": expected an object of texts");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String key = parser.currentName();
                if (parser.nextToken() != JsonToken.VALUE_STRING) {
                    throw new CheckpointCorrupt(file, "%s.%s: expected a text".formatted(METADATA, shortened(key)));
                }
                metadata.put(key, parser.getText());
            }
        }

        private Entry entry(String name) throws IOException {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw bad(name, "expected an object of dtype, shape and data_offsets");
            }
            String dtype = "";
            long[] shape = {-1};
            long[] offsets = {};
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String field = parser.currentName();
                JsonToken value = parser.nextToken();
                switch (field) {
                    case "dtype" -> dtype = value == JsonToken.VALUE_STRING ? parser.getText() : "";
                    case "shape" -> shape = numbers(name, field, MAX_DIMENSIONS);
                    case "data_offsets" -> offsets = numbers(name, field, 2);
                    default -> throw bad(name, "expected dtype, shape and data_offsets, got " + shortened(field));
                }
            }
            long width = width(dtype);
            if (width == 0) {
                throw bad(name, "dtype: expected a known one, got \"%s\"".formatted(shortened(dtype)));
            }
            long bytes = width;
            for (long extent : shape) {
                if (extent < 0) {
                    throw bad(name, "shape: expected numbers of at least 0, got " + Arrays.toString(shape));
                }
                try {
                    bytes = Math.multiplyExact(bytes, extent);
                } catch (ArithmeticException e) {
                    throw bad(name, "shape: more bytes than can be counted");
                }
            }
            if (offsets.length != 2) {
                throw bad(name, "data_offsets: expected two integers, got " + Arrays.toString(offsets));
            }
            if (offsets[0] < 0 || offsets[1] < offsets[0] || offsets[1] > dataLength) {
                throw bad(
                        name,
                        "data_offsets: expected 0 ≤ begin ≤ end ≤ %d, got %s"
                                .formatted(dataLength, Arrays.toString(offsets)));
            }
            if (offsets[1] - offsets[0] != bytes) {
                throw bad(
                        name,
                        "data_offsets: expected %d bytes as type and shape say, got %d"
                                .formatted(bytes, offsets[1] - offsets[0]));
            }
            return new Entry(name, dtype, shape, offsets[0], offsets[1]);
        }

        private long[] numbers(String name, String field, int most) throws IOException {
            if (parser.currentToken() != JsonToken.START_ARRAY) {
                throw bad(name, field + ": expected an array");
            }
            long[] numbers = new long[most];
            int count = 0;
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                if (count == most) {
                    throw bad(name, "%s: expected at most %d numbers".formatted(field, most));
                }
                if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT
                        || parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
                    throw bad(
                            name,
                            "%s: expected whole numbers below 2⁶³, got %s"
                                    .formatted(field, shortened(parser.getText())));
                }
                numbers[count++] = parser.getLongValue();
            }
            return Arrays.copyOf(numbers, count);
        }

        /// Tensors must tile the data: an overlap could alias weights, a gap could hide what no hash
        /// of tensors sees.
        private void checkCoverage(SortedMap<String, Entry> tensors) throws CheckpointCorrupt {
            List<Entry> byOffset = new ArrayList<>(tensors.values());
            byOffset.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
            long next = 0;
            for (Entry entry : byOffset) {
                if (entry.begin() != next) {
                    throw bad(
                            entry.name(),
                            "data_offsets: expected to begin at %d, got %d: %s"
                                    .formatted(next, entry.begin(), entry.begin() < next ? "overlap" : "gap"));
                }
                next = entry.end();
            }
            if (next != dataLength) {
                throw new CheckpointCorrupt(
                        file, "data: expected %d bytes as the header says, got %d".formatted(next, dataLength));
            }
        }

        private CheckpointCorrupt bad(String tensor, String problem) {
            return new CheckpointCorrupt(file, "tensor \"%s\": %s".formatted(shortened(tensor), problem));
        }
    }
}
