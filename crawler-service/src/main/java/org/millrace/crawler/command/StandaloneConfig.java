package org.millrace.crawler.command;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.millrace.crawler.CrawlerConfig;

/// The crawler's settings outside the service: the same names, defaults and environment variables, and
/// the same bounds, which the framework checks there and nobody else would check here.
final class StandaloneConfig {

    private static final int OVER_THE_ENVIRONMENT = 500;

    private StandaloneConfig() {}

    /// A setting beyond its bounds.
    static final class Unfit extends IllegalArgumentException {
        private static final long serialVersionUID = 1L;

        private final String setting;
        private final String why;

        Unfit(String setting, String why) {
            super(setting + ": " + why);
            this.setting = setting;
            this.why = why;
        }

        /// Its name without the prefix, `max-depth`.
        String setting() {
            return setting;
        }

        /// What was expected, and what came.
        String why() {
            return why;
        }
    }

    /// @param properties by their full names, `millrace.crawler.…`; they win over the environment
    /// @throws Unfit if one is beyond its bounds
    /// @throws RuntimeException naming the setting, if one cannot be read
    static CrawlerConfig read(Map<String, String> properties) {
        CrawlerConfig config = new SmallRyeConfigBuilder()
                .addSystemSources()
                .withMapping(CrawlerConfig.class)
                .withSources(new PropertiesConfigSource(new HashMap<>(properties), "arguments", OVER_THE_ENVIRONMENT))
                // Nothing goes to a store, so where that lies is not asked.
                .withDefaultValue("millrace.crawler.artifacts", "file:.")
                .withDefaultValue("millrace.crawler.data", ".")
                // Somebody waits for the end: a host that gives no answer is given up after one rest.
                .withDefaultValue("millrace.crawler.max-rests", "1")
                .withConverter(Duration.class, 100, Duration::parse)
                .build()
                .getConfigMapping(CrawlerConfig.class);
        for (Method setting : CrawlerConfig.class.getMethods()) {
            check(setting, config);
        }
        return config;
    }

    private static void check(Method setting, CrawlerConfig config) {
        AnnotatedType type = setting.getAnnotatedReturnType();
        if (type instanceof AnnotatedParameterizedType of) {
            type = of.getAnnotatedActualTypeArguments()[0];
        }
        String name = setting.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
        Min min = type.getAnnotation(Min.class);
        Max max = type.getAnnotation(Max.class);
        Pattern pattern = type.getAnnotation(Pattern.class);
        for (Object value : values(setting, config)) {
            if (value instanceof Number number) {
                check(name, number, min, max);
            }
            if (value instanceof String text && pattern != null && !text.matches(pattern.regexp())) {
                throw new Unfit(name, "expected %s, got '%s'".formatted(pattern.regexp(), text));
            }
        }
    }

    static void check(String name, Number number, @Nullable Min min, @Nullable Max max) {
        long least = min == null ? Long.MIN_VALUE : min.value();
        long most = max == null ? Long.MAX_VALUE : max.value();
        if (number.longValue() < least || number.longValue() > most) {
            String range = min == null ? "at most %2$,d" : max == null ? "at least %1$,d" : "%1$,d to %2$,d";
            throw new Unfit(name, String.format(Locale.ROOT, "expected " + range + ", got %3$s", least, most, number));
        }
    }

    private static Collection<?> values(Method setting, CrawlerConfig config) {
        try {
            return switch (setting.invoke(config)) {
                case Optional<?> value -> value.stream().toList();
                case Collection<?> values -> values;
                case Object value -> List.of(value);
            };
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException("settings are public and only read", e);
        }
    }
}
