package org.millrace.inference.tool;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;

/// An exact number.
///
/// @param under above 0, and without a factor in common with `over`
record Fraction(BigInteger over, BigInteger under) {

    /// Significant digits of a result that is exact.
    static final int EXACT = 40;

    /// Significant digits of one that is not.
    static final int ROUNDED = 16;

    Fraction {
        if (under.signum() < 0) {
            over = over.negate();
            under = under.negate();
        }
        BigInteger common = over.gcd(under);
        over = over.divide(common);
        under = under.divide(common);
    }

    static Fraction of(BigDecimal value) {
        return new Fraction(value.unscaledValue(), BigInteger.TEN.pow(value.scale()));
    }

    Fraction plus(Fraction other) {
        return new Fraction(over.multiply(other.under).add(other.over.multiply(under)), under.multiply(other.under));
    }

    Fraction times(Fraction other) {
        return new Fraction(over.multiply(other.over), under.multiply(other.under));
    }

    Fraction negated() {
        return new Fraction(over.negate(), under);
    }

    boolean isZero() {
        return over.signum() == 0;
    }

    /// @throws ArithmeticException if this is 0
    Fraction inverse() {
        if (isZero()) {
            throw new ArithmeticException("division by zero");
        }
        return new Fraction(under, over);
    }

    /// Exact if [#EXACT] significant digits are enough, else [#ROUNDED] of them, half even.
    BigDecimal decimal() {
        BigDecimal near = quotient(EXACT);
        return of(near).equals(this) ? near : quotient(ROUNDED);
    }

    private BigDecimal quotient(int digits) {
        BigDecimal quotient = new BigDecimal(over)
                .divide(new BigDecimal(under), new MathContext(digits, RoundingMode.HALF_EVEN))
                .stripTrailingZeros();
        return quotient.scale() < 0 ? quotient.setScale(0) : quotient;
    }
}
