package org.millrace.inference.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/// Against an evaluator that has no text to read: it works out the tree while it is written.
class CalculatorPropertyTest {

    private static final MathContext FINE = new MathContext(120, RoundingMode.HALF_EVEN);

    private record Written(String text, BigDecimal value) {}

    private static final class NoQuotient extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    @Property(tries = 500)
    void whatIsWorkedOutIsTheValue(@ForAll long seed) {
        var random = new SplittableRandom(seed);
        Written written;
        try {
            written = expression(random, 4);
        } catch (NoQuotient e) {
            return;
        }
        if (written.text().length() > Calculator.LONGEST) {
            return;
        }

        String result = Calculator.result(written.text());

        BigDecimal value = written.value().round(new MathContext(80)).stripTrailingZeros();
        if (value.signum() != 0 && value.precision() - value.scale() > Fraction.EXACT) {
            assertThat(result).isEqualTo("error: result too large");
        } else if (value.signum() != 0 && value.abs().compareTo(BigDecimal.ONE.movePointLeft(Fraction.EXACT)) < 0) {
            assertThat(result).isEqualTo("error: result too small");
        } else if (value.precision() <= Fraction.EXACT) {
            assertThat(new BigDecimal(result)).isEqualByComparingTo(value);
        } else {
            BigDecimal rounded = value.round(new MathContext(Fraction.ROUNDED, RoundingMode.HALF_EVEN));
            assertThat(new BigDecimal(result)).isEqualByComparingTo(rounded);
        }
    }

    /// Nothing that somebody draws may end the engine.
    @Property(tries = 500)
    void whateverIsAskedHasAnAnswerOfOneLine(@ForAll long seed) {
        var random = new SplittableRandom(seed);
        String symbols = "0123456789+-*/.() 0123456789+-*/.()x\n٣";
        var text = new StringBuilder();
        for (int length = random.nextInt(40); length > 0; length--) {
            text.append(symbols.charAt(random.nextInt(symbols.length())));
        }

        assertThat(Calculator.result(text.toString())).matches("-?[0-9]+(\\.[0-9]+)?|error: [a-z0-9() ]+");
    }

    private static Written expression(SplittableRandom random, int depth) {
        String blank = " ".repeat(random.nextInt(2));
        if (depth == 0 || random.nextInt(4) == 0) {
            int scale = random.nextInt(4);
            BigDecimal value = BigDecimal.valueOf(random.nextInt(100_000), scale);
            String text = value.toPlainString();
            return new Written(
                    blank + (text.startsWith("0.") && random.nextBoolean() ? text.substring(1) : text), value);
        }
        if (random.nextInt(6) == 0) {
            Written inner = expression(random, depth - 1);
            return new Written(blank + "-(" + inner.text() + ")", inner.value().negate());
        }
        Written left = expression(random, depth - 1);
        Written right = expression(random, depth - 1);
        int operator = random.nextInt(4);
        if (operator == 3 && right.value().signum() == 0) {
            throw new NoQuotient();
        }
        BigDecimal value =
                switch (operator) {
                    case 0 -> left.value().add(right.value(), FINE);
                    case 1 -> left.value().subtract(right.value(), FINE);
                    case 2 -> left.value().multiply(right.value(), FINE);
                    default -> left.value().divide(right.value(), FINE);
                };
        return new Written(
                "(%s)%s%c%s(%s)".formatted(left.text(), blank, "+-*/".charAt(operator), blank, right.text()), value);
    }
}
