package org.millrace.cli.eval.statistics;

import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One figure of a task: `(Σ numerators / Σ denominators − baseline) / (1 − baseline)` over its items.
///
/// Each item keeps its part, so that a figure can be resampled, and compared item by item with that of another model.
public final class Figure {

    /// What the interval is taken from.
    public enum Kind {
        /// Of items that have the property or not: parts are 0 or 1, the interval is Wilson's.
        SHARE,
        /// Of anything else: the interval is the bootstrap's.
        RATIO
    }

    private final String name;
    private final Kind kind;
    private final double[] numerators;
    private final double[] denominators;
    private final double baseline;

    private Figure(String name, Kind kind, double[] numerators, double[] denominators, double baseline) {
        if (numerators.length != denominators.length) {
            throw new IllegalArgumentException("denominators: expected %d as there are numerators, got %d"
                    .formatted(numerators.length, denominators.length));
        }
        if (!(baseline >= 0 && baseline < 1)) {
            throw new IllegalArgumentException("baseline: expected 0 or more and below 1, got " + baseline);
        }
        this.name = name;
        this.kind = kind;
        this.numerators = numerators.clone();
        this.denominators = denominators.clone();
        this.baseline = baseline;
    }

    /// Share of items.
    ///
    /// @param had by item: whether it has the property; null: it is not counted
    public static Figure share(String name, @Nullable Boolean[] had) {
        double[] numerators = new double[had.length];
        double[] denominators = new double[had.length];
        for (int i = 0; i < had.length; i++) {
            numerators[i] = Boolean.TRUE.equals(had[i]) ? 1 : 0;
            denominators[i] = had[i] == null ? 0 : 1;
        }
        return new Figure(name, Kind.SHARE, numerators, denominators, 0);
    }

    /// Mean over items.
    public static Figure mean(String name, double[] values) {
        double[] ones = new double[values.length];
        Arrays.fill(ones, 1);
        return ratio(name, values, ones);
    }

    /// A ratio of two sums over items.
    public static Figure ratio(String name, double[] numerators, double[] denominators) {
        return new Figure(name, Kind.RATIO, numerators, denominators, 0);
    }

    /// The same, centred: 0 is what guessing reaches, 1 is the most: `(value − baseline) / (1 − baseline)`.
    ///
    /// @param by of guessing, 0 or more and below 1
    public Figure centred(String as, double by) {
        return new Figure(as, kind, numerators, denominators, by);
    }

    public String name() {
        return name;
    }

    public Kind kind() {
        return kind;
    }

    /// Items, those that are not counted too.
    public int items() {
        return numerators.length;
    }

    /// Items of a share that are counted; of a ratio all.
    public long counted() {
        return kind == Kind.SHARE ? Math.round(Arrays.stream(denominators).sum()) : items();
    }

    /// @return NaN of nothing
    public double value() {
        return centre(
                Arrays.stream(numerators).sum() / Arrays.stream(denominators).sum());
    }

    /// The figure of items drawn from these.
    public double value(int... drawn) {
        double above = 0;
        double below = 0;
        for (int item : drawn) {
            above += numerators[item];
            below += denominators[item];
        }
        return centre(above / below);
    }

    private double centre(double value) {
        return (value - baseline) / (1 - baseline);
    }

    /// Its interval of 95 %: Wilson's of a share (its bounds centred as the figure is), else the bootstrap's.
    public Optional<Interval> interval(long seed) {
        if (kind == Kind.RATIO) {
            return Bootstrap.interval(seed, drawn -> value(drawn[0]), items());
        }
        if (counted() == 0) {
            return Optional.empty();
        }
        Interval share = Interval.wilson(Math.round(Arrays.stream(numerators).sum()), counted());
        return Optional.of(new Interval(centre(share.low()), centre(share.high())));
    }

    /// How this figure and another model's differ, item by item.
    ///
    /// @param value this less the other
    /// @param interval the bootstrap's, of the same items drawn for both
    /// @param p McNemar's exact, of a share: how likely it is that the items on which the two disagree split at
    ///     least so unevenly if neither is better
    public record Difference(double value, Optional<Interval> interval, Optional<Double> p) {}

    /// @param other of the same items
    public Difference less(Figure other, long seed) {
        if (items() != other.items() || kind != other.kind) {
            throw new IllegalArgumentException("expected two figures of the same items, got %s of %d and %s of %d"
                    .formatted(name, items(), other.name, other.items()));
        }
        return new Difference(
                value() - other.value(),
                Bootstrap.interval(seed, drawn -> value(drawn[0]) - other.value(drawn[0]), items()),
                kind == Kind.SHARE ? Optional.of(mcNemar(other)) : Optional.empty());
    }

    private double mcNemar(Figure other) {
        long here = 0;
        long there = 0;
        for (int i = 0; i < numerators.length; i++) {
            if (denominators[i] > 0 && other.denominators[i] > 0) {
                here += numerators[i] > other.numerators[i] ? 1 : 0;
                there += numerators[i] < other.numerators[i] ? 1 : 0;
            }
        }
        return SignTest.twoSided(here, there);
    }
}
