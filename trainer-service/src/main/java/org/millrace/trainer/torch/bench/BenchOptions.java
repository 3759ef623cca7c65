package org.millrace.trainer.torch.bench;

import java.util.Iterator;
import java.util.List;
import java.util.regex.Pattern;
import org.millrace.checkpoint.ModelConfig;

/// What a person asked to be measured.
///
/// @param seconds of steps to measure, 1 to 600; at least five steps are made
/// @param steps to measure in place of `seconds`, 1 to 100,000; 0: not given
/// @param threads 1 to 1,024
/// @param ranks processes that train together beside one alone, 1 to 64; 1: only the one
/// @param model the shape
/// @param rows B, rows of a batch
/// @param recompute whether the backward pass runs each block again
record BenchOptions(int seconds, int steps, int threads, int ranks, ModelConfig model, int rows, boolean recompute) {

    private static final String USAGE =
            "usage: bench train [--seconds N] [--shape L,D,H,T,B,V] [--steps N] [--threads N] [--ranks N] [--recompute]";

    private static final String SHAPE = "6,384,6,256,8,8192";
    private static final Pattern NUMBERS = Pattern.compile("[0-9]{1,8}(,[0-9]{1,8}){5}");

    /// @throws IllegalArgumentException saying what was expected
    static BenchOptions of(List<String> arguments) {
        if (arguments.isEmpty()) {
            throw new IllegalArgumentException(USAGE);
        }
        int seconds = number("--seconds", arguments.getFirst(), 600);
        int steps = 0;
        int threads = Runtime.getRuntime().availableProcessors();
        int ranks = 1;
        String shape = SHAPE;
        boolean recompute = false;
        Iterator<String> rest = arguments.subList(1, arguments.size()).iterator();
        while (rest.hasNext()) {
            String name = rest.next();
            if (name.equals("--recompute")) {
                recompute = true;
                continue;
            }
            String value = rest.hasNext() ? rest.next() : "";
            switch (name) {
                case "--shape" -> shape = value;
                case "--steps" -> steps = number(name, value, 100_000);
                case "--ranks" -> ranks = number(name, value, 64);
                case "--threads" -> threads = number(name, value, 1_024);
                default -> throw new IllegalArgumentException("\"" + name + "\" is no option; " + USAGE);
            }
        }
        if (!NUMBERS.matcher(shape).matches()) {
            throw new IllegalArgumentException(
                    "--shape: expected layers, width, heads, context, rows and vocabulary as L,D,H,T,B,V, got \"%s\""
                            .formatted(shape));
        }
        int[] numbers = Pattern.compile(",")
                .splitAsStream(shape)
                .mapToInt(Integer::parseInt)
                .toArray();
        int rows = number("--shape: rows", Integer.toString(numbers[4]), 65_536);
        return new BenchOptions(seconds, steps, threads, ranks, model(numbers), rows, recompute);
    }

    /// As [ModelConfig#ofDepth] derives the rest.
    private static ModelConfig model(int[] shape) {
        int width = shape[1];
        int heads = shape[2];
        if (heads == 0 || width % heads != 0 || width / heads % 2 != 0) {
            throw new IllegalArgumentException(
                    "--shape: expected heads that divide the width into even parts, got width %d and %d heads"
                            .formatted(width, heads));
        }
        int hidden =
                ModelConfig.ofDepth(shape[0], width, shape[3], shape[5], 0, 0).hidden();
        return new ModelConfig(
                shape[0],
                width,
                heads,
                heads,
                width / heads,
                hidden,
                shape[5],
                shape[3],
                10_000,
                1e-5,
                false,
                true,
                false,
                0,
                1,
                0,
                0);
    }

    private static int number(String name, String value, int most) {
        try {
            int number = Integer.parseInt(value);
            if (number >= 1 && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below, with the bounds
        }
        throw new IllegalArgumentException("%s: expected 1 to %d, got \"%s\"".formatted(name, most, value));
    }
}
