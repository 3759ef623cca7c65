package org.millrace.chattemplate;

import java.math.BigDecimal;

/// Arithmetic as in Python, in 64 bits.
final class Numbers {

    private Numbers() {}

    static Value apply(Site at, String operator, Value left, Value right) {
        if (left instanceof Value.Int(long a) && right instanceof Value.Int(long b) && !operator.equals("/")) {
            return integers(at, operator, a, b);
        }
        return new Value.Real(reals(at, operator, real(at, operator, left, right), real(at, operator, right, left)));
    }

    static double real(Site at, String operator, Value value, Value other) {
        return switch (value) {
            case Value.Int(long number) -> number;
            case Value.Real(double number) -> number;
            default ->
                throw at.error("%s: expected numbers or texts, got %s and %s"
                        .formatted(operator, Value.kind(value), Value.kind(other)));
        };
    }

    private static Value integers(Site at, String operator, long a, long b) {
        try {
            return new Value.Int(
                    switch (operator) {
                        case "+" -> Math.addExact(a, b);
                        case "-" -> Math.subtractExact(a, b);
                        case "*" -> Math.multiplyExact(a, b);
                        case "//" -> b == -1 ? Math.negateExact(a) : Math.floorDiv(a, b);
                        case "%" -> Math.floorMod(a, b);
                        default -> throw new IllegalStateException(operator);
                    });
        } catch (ArithmeticException e) {
            throw at.error("%s: expected a result of 64 bits, got %d and %d".formatted(operator, a, b));
        }
    }

    private static double reals(Site at, String operator, double a, double b) {
        if (b == 0 && !"+-*".contains(operator)) {
            throw at.error("%s: expected no division by 0, got one".formatted(operator));
        }
        return switch (operator) {
            case "+" -> a + b;
            case "-" -> a - b;
            case "*" -> a * b;
            case "/" -> a / b;
            case "//" -> Math.rint((a - floorMod(a, b)) / b);
            case "%" -> floorMod(a, b);
            default -> throw new IllegalStateException(operator);
        };
    }

    private static double floorMod(double a, double b) {
        double rest = a % b;
        return rest != 0 && rest < 0 != b < 0 ? rest + b : rest;
    }

    /// As Python writes it: the fewest digits that give this number back.
    static String shown(double number) {
        if (Double.isNaN(number) || Double.isInfinite(number)) {
            return Double.isNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
        }
        if (number == 0) {
            return 1 / number > 0 ? "0.0" : "-0.0";
        }
        BigDecimal decimal = new BigDecimal(Double.toString(number)).stripTrailingZeros();
        String digits = decimal.unscaledValue().abs().toString();
        int exponent = digits.length() - decimal.scale() - 1;
        if (exponent >= -4 && exponent < 16) {
            String plain = decimal.toPlainString();
            return plain.contains(".") ? plain : plain + ".0";
        }
        String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
        return "%s%s%se%s%02d"
                .formatted(
                        number < 0 ? "-" : "",
                        digits.charAt(0),
                        fraction,
                        exponent < 0 ? "-" : "+",
                        Math.abs(exponent));
    }
}
