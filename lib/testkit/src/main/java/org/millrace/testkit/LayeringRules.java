package org.millrace.testkit;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleName;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.CompositeArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import org.jspecify.annotations.NullMarked;

/// How a service is layered, as rules that a test checks: the domain in its root package in plain Java,
/// each technology in the package of its name. A service's test is
///
/// ```java
/// @AnalyzeClasses(packages = "org.millrace.cleaner", importOptions = ImportOption.DoNotIncludeTests.class)
/// class LayeringTest {
///     @ArchTest
///     static final ArchRule edge = LayeringRules.technologyStaysAtTheEdge("org.millrace.cleaner");
///     @ArchTest
///     static final ArchRule names = LayeringRules.noDumpingGrounds();
///     @ArchTest
///     static final ArchRule nulls = LayeringRules.everyPackageIsNullMarked();
/// }
/// ```
public final class LayeringRules {

    private static final String[] WIRE = {
        "org.apache.kafka..", "com.google.protobuf..", "org.millrace.proto..", "io.grpc.."
    };

    private static final String[] HTTP_CLIENTS = {"okhttp3..", "okio..", "java.net.http.."};

    private static final String[] CLOUD = {"software.amazon.awssdk..", "io.fabric8.."};

    private static final String[] FRAMEWORK = {
        "io.quarkus..", "jakarta..", "io.smallrye..", "io.vertx..", "io.micrometer..", "org.eclipse.microprofile.."
    };

    private LayeringRules() {}

    /// Kafka and protobuf only in `kafka` and `grpc`, HTTP clients in `http`, libtorch in `torch`,
    /// ONNX Runtime in `onnx`, Quarkus and what comes with it in `kafka`, `grpc` and `http`, clients of
    /// clouds nowhere. A class `…Config` may carry the annotations of its kind.
    ///
    /// @param basePackage the service's root package
    public static ArchRule technologyStaysAtTheEdge(String basePackage) {
        return CompositeArchRule.of(only(basePackage, WIRE, "kafka", "grpc")
                        .because("the domain must be readable and testable without a broker"))
                .and(only(basePackage, new String[] {"org.bytedeco.."}, "torch")
                        .because("the engine that trains can then be exchanged"))
                .and(only(basePackage, new String[] {"ai.onnxruntime.."}, "onnx")
                        .because("the engine that serves can then be exchanged"))
                .and(only(basePackage, HTTP_CLIENTS, "http")
                        .because("what may be connected to, and for how long, is decided in one place"))
                .and(only(basePackage, CLOUD).because("artifacts go through lib/artifacts, and pods through manifests"))
                .and(frameworkAtTheEdge(basePackage))
                .and(onlyConfigIsAnnotated(basePackage));
    }

    /// Names say what a class or package is for; these say only that nobody knew.
    public static ArchRule noDumpingGrounds() {
        return noClasses()
                .should()
                .resideInAnyPackage(
                        "..util..",
                        "..utils..",
                        "..common..",
                        "..impl..",
                        "..dto..",
                        "..helper..",
                        "..helpers..",
                        "..support..")
                .orShould()
                .haveSimpleNameEndingWith("Impl")
                .orShould()
                .haveSimpleNameEndingWith("Service")
                .because("a class is named after what it does")
                .allowEmptyShould(true);
    }

    /// NullAway looks only at packages whose `package-info` says `@NullMarked`; one without is not checked,
    /// and nothing says so.
    public static ArchRule everyPackageIsNullMarked() {
        return classes()
                .that(not(simpleName("package-info")))
                .should(new ArchCondition<>("lie in a package with a @NullMarked package-info") {
                    @Override
                    public void check(JavaClass type, ConditionEvents events) {
                        if (!type.getPackage().isAnnotatedWith(NullMarked.class)) {
                            events.add(SimpleConditionEvent.violated(
                                    type,
                                    "%s: its package %s has no package-info with @NullMarked"
                                            .formatted(type.getName(), type.getPackageName())));
                        }
                    }
                })
                .because("NullAway checks marked packages only")
                .allowEmptyShould(true);
    }

    private static ArchRule only(String basePackage, String[] technology, String... packages) {
        return noClasses()
                .that()
                .resideInAPackage(basePackage + "..")
                .and()
                .resideOutsideOfPackages(inside(basePackage, packages))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(technology)
                .allowEmptyShould(true);
    }

    private static ArchRule frameworkAtTheEdge(String basePackage) {
        return noClasses()
                .that()
                .resideInAPackage(basePackage + "..")
                .and()
                .resideOutsideOfPackages(inside(basePackage, "kafka", "grpc", "http"))
                .should()
                .dependOnClassesThat(resideInAnyPackage(FRAMEWORK)
                        .and(not(resideInAnyPackage("io.smallrye.config..", "jakarta.validation.."))))
                .allowEmptyShould(true)
                .because("the domain must run without the framework");
    }

    /// Only the interface of the settings is annotated.
    private static ArchRule onlyConfigIsAnnotated(String basePackage) {
        return noClasses()
                .that()
                .resideInAPackage(basePackage + "..")
                .and(not(nameMatching(".*Config(\\$.*)?")))
                .and()
                .resideOutsideOfPackages(inside(basePackage, "kafka", "grpc", "http"))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.smallrye.config..", "jakarta.validation..")
                .allowEmptyShould(true)
                .because("settings are read once, in the wiring; the domain takes plain values");
    }

    private static String[] inside(String basePackage, String... packages) {
        String[] patterns = new String[packages.length];
        for (int i = 0; i < packages.length; i++) {
            patterns[i] = basePackage + ".." + packages[i] + "..";
        }
        return patterns;
    }
}
