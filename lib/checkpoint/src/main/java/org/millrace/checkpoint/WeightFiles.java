package org.millrace.checkpoint;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// The weights of a directory: `model.safetensors`, or the files that `model.safetensors.index.json` names.
///
/// The index is a stranger's word too: it names plain files beside it, each tensor once, and exactly those
/// that the files have.
final class WeightFiles {

    static final String SINGLE = "model.safetensors";
    static final String INDEX = "model.safetensors.index.json";

    /// As much as a header may have; real ones take some 100 bytes a tensor.
    private static final long MAX_INDEX_BYTES = 100_000_000;

    private static final int MAX_TENSORS = 100_000;
    private static final Map<String, String> METADATA = Map.of("format", "pt");

    private WeightFiles() {}

    /// Names of the files of a directory's weights, the index among them.
    static SortedSet<String> names(Path dir) throws IOException {
        Path index = dir.resolve(INDEX);
        boolean single = Files.exists(dir.resolve(SINGLE));
        if (!Files.exists(index)) {
            if (!single) {
                throw new CheckpointCorrupt(dir, "expected %s or %s, both are missing".formatted(SINGLE, INDEX));
            }
            return new TreeSet<>(Set.of(SINGLE));
        }
        if (single) {
            throw new CheckpointCorrupt(index, "expected no %s beside it: which of them counts?".formatted(SINGLE));
        }
        SortedSet<String> names = new TreeSet<>(readIndex(index).values());
        names.add(INDEX);
        return names;
    }

    /// Maps all of them.
    ///
    /// @throws CheckpointCorrupt if one is missing or lies, or the index is not what the files have
    static Safetensors open(Path dir) throws IOException {
        if (!names(dir).contains(INDEX)) {
            return Safetensors.open(dir.resolve(SINGLE));
        }
        Path index = dir.resolve(INDEX);
        SortedMap<String, String> places = readIndex(index);
        Safetensors weights = new Safetensors(index);
        try {
            for (String name : new TreeSet<>(places.values())) {
                Path file = dir.resolve(name);
                if (!Files.isRegularFile(file)) {
                    throw new CheckpointCorrupt(file, "missing, though %s names it".formatted(INDEX));
                }
                for (String tensor : weights.add(file)) {
                    String place = places.remove(tensor);
                    if (!name.equals(place)) {
                        throw new CheckpointCorrupt(
                                file,
                                "tensor \"%s\": expected in %s as %s says"
                                        .formatted(
                                                SafetensorsHeader.shortened(tensor),
                                                place == null ? "no file" : place,
                                                INDEX));
                    }
                }
            }
            if (!places.isEmpty()) {
                throw new CheckpointCorrupt(
                        index,
                        "tensor \"%s\": expected in %s, is not there"
                                .formatted(
                                        SafetensorsHeader.shortened(places.firstKey()), places.get(places.firstKey())));
            }
        } catch (IOException | RuntimeException e) {
            weights.close();
            throw e;
        }
        return weights;
    }

    /// @return file by tensor
    private static SortedMap<String, String> readIndex(Path index) throws IOException {
        byte[] bytes = Json.bytes(index, MAX_INDEX_BYTES);
        SortedMap<String, String> places = new TreeMap<>();
        try (JsonParser parser = Json.STRICT.createParser(bytes)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new CheckpointCorrupt(index, "expected a JSON object");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean map = parser.currentName().equals("weight_map");
                parser.nextToken();
                if (map) {
                    readPlaces(index, parser, places);
                } else {
                    parser.skipChildren();
                }
            }
            if (parser.nextToken() != null) {
                throw new CheckpointCorrupt(index, "expected nothing behind the JSON object");
            }
        } catch (CheckpointCorrupt e) {
            throw e;
        } catch (IOException e) { // of what is in the bytes, which are in memory
            throw Json.broken(index, e);
        }
        if (places.isEmpty()) {
            throw new CheckpointCorrupt(index, "weight_map: expected at least one tensor, got none");
        }
        return places;
    }

    private static void readPlaces(Path index, JsonParser parser, SortedMap<String, String> places) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw new CheckpointCorrupt(index, "weight_map: expected an object");
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String tensor = parser.currentName();
            String file = parser.nextToken() == JsonToken.VALUE_STRING ? parser.getText() : "";
            if (!file.matches("[A-Za-z0-9_][A-Za-z0-9._-]{0,112}\\.safetensors")) {
                throw new CheckpointCorrupt(
                        index,
                        "weight_map: tensor \"%s\": expected a file *.safetensors of this directory, got \"%s\""
                                .formatted(SafetensorsHeader.shortened(tensor), SafetensorsHeader.shortened(file)));
            }
            places.put(tensor, file);
            if (places.size() > MAX_TENSORS) {
                throw new CheckpointCorrupt(
                        index, "weight_map: expected at most %d tensors, got more".formatted(MAX_TENSORS));
            }
        }
    }

    /// Writes all weights, forced to the disk: one file, or several and their index where one would be larger
    /// than the layout's shard. A tensor lies in one file, so a large one may be more than that.
    ///
    /// @return names of the files
    static List<String> write(Path dir, WeightLayout layout, SortedMap<String, ? extends TensorSource> weights)
            throws IOException {
        List<SortedMap<String, TensorSource>> shards = shards(layout, weights);
        if (shards.size() == 1) {
            SafetensorsWriter.write(dir.resolve(SINGLE), layout.type(), weights, METADATA);
            return List.of(SINGLE);
        }
        List<String> names = new ArrayList<>();
        ObjectNode index = Json.STRICT.createObjectNode();
        long total = weights.values().stream().mapToLong(TensorSource::count).sum()
                * layout.type().bytes();
        index.putObject("metadata").put("total_size", total);
        ObjectNode places = index.putObject("weight_map");
        for (int i = 0; i < shards.size(); i++) {
            String name = "model-%05d-of-%05d.safetensors".formatted(i + 1, shards.size());
            SafetensorsWriter.write(dir.resolve(name), layout.type(), shards.get(i), METADATA);
            shards.get(i).keySet().forEach(tensor -> places.put(tensor, name));
            names.add(name);
        }
        Checkpoint.file(dir, INDEX, Json.PRETTY.writeValueAsBytes(index));
        names.add(INDEX);
        return names;
    }

    private static List<SortedMap<String, TensorSource>> shards(
            WeightLayout layout, SortedMap<String, ? extends TensorSource> weights) {
        List<SortedMap<String, TensorSource>> shards = new ArrayList<>(List.of(new TreeMap<>()));
        long bytes = 0;
        for (Map.Entry<String, ? extends TensorSource> weight : weights.entrySet()) {
            long more = weight.getValue().count() * layout.type().bytes();
            if (bytes > 0 && bytes + more > layout.shardBytes()) {
                shards.add(new TreeMap<>());
                bytes = 0;
            }
            shards.getLast().put(weight.getKey(), weight.getValue());
            bytes += more;
        }
        return shards;
    }
}
