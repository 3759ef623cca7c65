package org.millrace.inference.grpc.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.millrace.inference.Device;
import org.millrace.inference.grpc.bench.RandomModel.Shape;
import org.millrace.onnx.Precision;

/// What a person asked to be measured.
///
/// @param target HOST:PORT of the service
/// @param device the service's
/// @param time of each measurement
/// @param shape of the model that is made
/// @param weights precisions that are measured beside the usual one
/// @param parts that are measured
/// @param checkpoint what the service serves already, in place of a model that is made
record BenchOptions(
        String target,
        Device device,
        Duration time,
        Shape shape,
        List<Precision> weights,
        Set<Part> parts,
        Optional<Path> checkpoint) {

    /// Of the bench, in this order.
    enum Part {
        THROUGHPUT,
        FIRST_TOKENS,
        PREFIXES,
        SWAPS;

        String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    private static final String USAGE =
            "usage: bench infer [--seconds N] [--shape L,D,H,K,V] [--weights int8,int4] [--only throughput,first-tokens,prefixes,swaps]";

    private static final String SHAPE = "6,384,6,6,8192";
    private static final Pattern NUMBERS = Pattern.compile("[1-9][0-9]{0,6}(,[1-9][0-9]{0,6}){4}");

    /// @throws IllegalArgumentException saying what was expected
    static BenchOptions of(List<String> arguments) {
        if (arguments.size() < 2) {
            throw new IllegalArgumentException(USAGE);
        }
        Device device = Device.named(System.getenv().getOrDefault("MILLRACE_INFERENCE_DEVICE", "cpu"));
        Duration time = Duration.ofSeconds(Long.parseLong(arguments.get(1)));
        Optional<Path> checkpoint = Optional.empty();
        Optional<Shape> shape = Optional.empty();
        List<Precision> weights = List.of();
        Set<Part> parts = EnumSet.allOf(Part.class);
        Iterator<String> rest = arguments.subList(2, arguments.size()).iterator();
        while (rest.hasNext()) {
            String name = rest.next();
            if (name.equals("--shape")) {
                shape = Optional.of(shape(rest.hasNext() ? rest.next() : ""));
            } else if (name.equals("--weights")) {
                weights = weights(rest.hasNext() ? rest.next() : "", device);
            } else if (name.equals("--only")) {
                parts = parts(rest.hasNext() ? rest.next() : "");
            } else if (name.startsWith("--")) {
                throw new IllegalArgumentException("\"" + name + "\" is no option; " + USAGE);
            } else {
                checkpoint = Optional.of(Path.of(name));
            }
        }
        if (checkpoint.isPresent() && !weights.isEmpty()) {
            throw new IllegalArgumentException(
                    "--weights: expected no checkpoint, as the service decides how it is served, got "
                            + checkpoint.get());
        }
        if (checkpoint.isPresent() && shape.isPresent()) {
            throw new IllegalArgumentException(
                    "--shape: expected no checkpoint, as that has a shape of its own, got " + checkpoint.get());
        }
        return new BenchOptions(
                arguments.getFirst(), device, time, shape.orElseGet(() -> shape(SHAPE)), weights, parts, checkpoint);
    }

    /// What `./millrace bench infer` was told, before it starts anything. It brings service and model itself.
    ///
    /// @throws IllegalArgumentException saying what was expected
    static void check(List<String> options) {
        List<String> arguments = new ArrayList<>(List.of("", "1"));
        arguments.addAll(options);
        of(arguments).checkpoint().ifPresent(word -> {
            throw new IllegalArgumentException("\"" + word + "\" is no option; " + USAGE);
        });
    }

    private static List<Precision> weights(String text, Device device) {
        try {
            return Pattern.compile(",")
                    .splitAsStream(text)
                    .map(Precision::named)
                    .peek(device::numbers) // which refuses what it does not compute
                    .filter(precision -> precision != device.usual()) // which is always measured
                    .distinct()
                    .toList();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("--weights: " + e.getMessage(), e);
        }
    }

    private static Set<Part> parts(String text) {
        Set<Part> parts = EnumSet.noneOf(Part.class);
        for (String word : text.split(",", -1)) {
            parts.add(Arrays.stream(Part.values())
                    .filter(part -> part.label().equals(word))
                    .findAny()
                    .orElseThrow(() -> new IllegalArgumentException(
                            "--only: expected some of throughput, first-tokens, prefixes and swaps, got \"%s\""
                                    .formatted(word))));
        }
        return parts;
    }

    private static Shape shape(String text) {
        if (!NUMBERS.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    "--shape: expected layers, width, heads, heads of keys and vocabulary as L,D,H,K,V, got \"%s\""
                            .formatted(text));
        }
        int[] numbers = Pattern.compile(",")
                .splitAsStream(text)
                .mapToInt(Integer::parseInt)
                .toArray();
        return new Shape(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]);
    }
}
