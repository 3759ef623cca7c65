package org.millrace.inference.tool;

import java.math.BigDecimal;
import java.math.BigInteger;

/// Works out what a model asks of it: `+ - * /`, parentheses and decimal numbers. The arithmetic is exact; only a
/// result that has more than 40 significant digits is rounded, to 16, half even.
///
/// ```text
/// sum     = product { ("+" | "-") product }
/// product = sign { ("*" | "/") sign }
/// sign    = { "+" | "-" } ( number | "(" sum ")" )
/// number  = digits [ "." { digit } ] | "." digits
/// ```
///
/// Blanks may stand between. What is none of this has a short text for its result, which begins with `error:`, for
/// the model to read: there is nobody else to tell.
public final class Calculator {

    /// Characters of an expression.
    static final int LONGEST = 256;

    /// Parentheses and signs within each other.
    static final int DEEPEST = 32;

    /// Digits before the point, and zeros behind it, that a result may have.
    private static final BigDecimal LARGEST = BigDecimal.TEN.pow(Fraction.EXACT);

    private static final BigDecimal SMALLEST = BigDecimal.ONE.movePointLeft(Fraction.EXACT);

    private final String expression;
    private int at;
    private int depth;

    private Calculator(String expression) {
        this.expression = expression;
    }

    /// The result, in digits, or why there is none.
    public static String result(String expression) {
        if (expression.length() > LONGEST) {
            return "error: expected at most %d characters".formatted(LONGEST);
        }
        try {
            return shown(new Calculator(expression).whole());
        } catch (IllegalArgumentException | ArithmeticException e) {
            return "error: " + e.getMessage();
        }
    }

    private static String shown(Fraction result) {
        BigDecimal decimal = result.decimal();
        if (decimal.abs().compareTo(LARGEST) >= 0) {
            throw new ArithmeticException("result too large");
        }
        if (!result.isZero() && decimal.abs().compareTo(SMALLEST) < 0) {
            throw new ArithmeticException("result too small");
        }
        return decimal.toPlainString();
    }

    private Fraction whole() {
        Fraction result = sum();
        if (next() != END || at < expression.length()) {
            throw mistake("an operator");
        }
        return result;
    }

    private Fraction sum() {
        Fraction sum = product();
        while (true) {
            switch (next()) {
                case '+' -> {
                    at++;
                    sum = sum.plus(product());
                }
                case '-' -> {
                    at++;
                    sum = sum.plus(product().negated());
                }
                default -> {
                    return sum;
                }
            }
        }
    }

    private Fraction product() {
        Fraction product = sign();
        while (true) {
            switch (next()) {
                case '*' -> {
                    at++;
                    product = product.times(sign());
                }
                case '/' -> {
                    at++;
                    product = product.times(sign().inverse());
                }
                default -> {
                    return product;
                }
            }
        }
    }

    private Fraction sign() {
        if (++depth > DEEPEST) {
            throw new IllegalArgumentException("expected at most %d levels".formatted(DEEPEST));
        }
        Fraction value =
                switch (next()) {
                    case '+' -> {
                        at++;
                        yield sign();
                    }
                    case '-' -> {
                        at++;
                        yield sign().negated();
                    }
                    case '(' -> {
                        at++;
                        Fraction inner = sum();
                        if (next() != ')') {
                            throw mistake("an operator or )");
                        }
                        at++;
                        yield inner;
                    }
                    default -> number();
                };
        depth--;
        return value;
    }

    private Fraction number() {
        int begin = at;
        while (isDigit()) {
            at++;
        }
        int digits = at - begin;
        int point = at;
        if (at < expression.length() && expression.charAt(at) == '.') {
            at++;
            while (isDigit()) {
                at++;
            }
            digits += at - point - 1;
        }
        if (digits == 0) {
            at = begin;
            throw mistake("a number");
        }
        String whole = expression.substring(begin, point);
        String part = point < at ? expression.substring(point + 1, at) : "";
        return Fraction.of(new BigDecimal(new BigInteger(whole + part), part.length()));
    }

    private boolean isDigit() {
        return at < expression.length() && expression.charAt(at) >= '0' && expression.charAt(at) <= '9';
    }

    private static final char END = '\0';

    /// The next character that is no blank.
    private char next() {
        while (at < expression.length() && expression.charAt(at) == ' ') {
            at++;
        }
        return at < expression.length() ? expression.charAt(at) : END;
    }

    private IllegalArgumentException mistake(String expected) {
        return new IllegalArgumentException(
                at < expression.length()
                        ? "expected %s at character %d".formatted(expected, at + 1)
                        : "expected %s at the end".formatted(expected));
    }
}
