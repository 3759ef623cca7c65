package org.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The rules bite: a small service that breaks each of them is told so, and one that keeps them is not.
class LayeringRulesTest {

    private static final String BASE = "org.millrace.testkit.layered";
    private static final JavaClasses CLASSES = new ClassFileImporter().importPackages(BASE);

    @Test
    void technologyOutsideItsPackageIsFound() {
        List<String> breaches = LayeringRules.technologyStaysAtTheEdge(BASE)
                .evaluate(CLASSES)
                .getFailureReport()
                .getDetails();

        assertThat(breaches).isNotEmpty().allMatch(breach -> breach.contains("DomainThatKnowsKafka"));
    }

    @ParameterizedTest
    @CsvSource({
        "okhttp3.OkHttpClient, http",
        "java.net.http.HttpClient, http",
        "io.grpc.Channel, grpc",
        "org.bytedeco.pytorch.Tensor, torch",
        "ai.onnxruntime.OrtSession, onnx",
        "io.quarkus.runtime.Quarkus, kafka",
        "io.vertx.core.Vertx, grpc",
        "io.micrometer.core.instrument.Counter, kafka",
        "org.eclipse.microprofile.health.HealthCheck, kafka"
    })
    void eachTechnologyHasItsPackage(String technology, String edge, @TempDir Path classes) throws IOException {
        assertThat(breaches(BASE, technology, classes.resolve("domain"))).isNotEmpty();
        assertThat(breaches(BASE + ".rule", technology, classes.resolve("noun")))
                .isNotEmpty();
        assertThat(breaches(BASE + "." + edge, technology, classes.resolve("edge")))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"software.amazon.awssdk.services.s3.S3Client", "io.fabric8.kubernetes.client.KubernetesClient"})
    void cloudsHaveNone(String technology, @TempDir Path classes) throws IOException {
        for (String place : List.of("", ".kafka", ".grpc", ".http")) {
            assertThat(breaches(BASE + place, technology, classes.resolve("in" + place)))
                    .as(place)
                    .isNotEmpty();
        }
    }

    /// What the rules say of one class that has a field of this type, which need not be on the class path.
    private static List<String> breaches(String where, String technology, Path folder) throws IOException {
        byte[] bytes = ClassFile.of()
                .build(
                        ClassDesc.of(where + ".Holder"),
                        holder -> holder.withField("held", ClassDesc.of(technology), ClassFile.ACC_PRIVATE));
        Files.write(Files.createDirectories(folder).resolve("Holder.class"), bytes);
        return LayeringRules.technologyStaysAtTheEdge(BASE)
                .evaluate(new ClassFileImporter().importPath(folder))
                .getFailureReport()
                .getDetails();
    }

    @Test
    void namesThatSayNothingAreFound() {
        List<String> breaches = LayeringRules.noDumpingGrounds()
                .evaluate(CLASSES)
                .getFailureReport()
                .getDetails();

        assertThat(breaches)
                .anyMatch(breach -> breach.contains("layered.util.Stuff"))
                .anyMatch(breach -> breach.contains("layered.PageService"))
                .noneMatch(breach -> breach.contains("KafkaEdge"));
    }

    @Test
    void packagesThatNullAwayDoesNotCheckAreFound() {
        List<String> breaches = LayeringRules.everyPackageIsNullMarked()
                .evaluate(CLASSES)
                .getFailureReport()
                .getDetails();

        assertThat(breaches)
                .anyMatch(breach -> breach.contains("layered.util.Stuff"))
                .anyMatch(breach -> breach.contains("layered.PageService"))
                .noneMatch(breach -> breach.contains("KafkaEdge"));
    }

    @Test
    void aServiceThatKeepsTheRulesPasses() {
        JavaClasses edge = new ClassFileImporter().importPackages(BASE + ".kafka");

        assertThat(LayeringRules.technologyStaysAtTheEdge(BASE).evaluate(edge).hasViolation())
                .isFalse();
        assertThat(LayeringRules.noDumpingGrounds().evaluate(edge).hasViolation())
                .isFalse();
        assertThat(LayeringRules.everyPackageIsNullMarked().evaluate(edge).hasViolation())
                .isFalse();
    }
}
