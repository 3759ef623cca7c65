package org.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.List;
import org.junit.jupiter.api.Test;

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
    void aServiceThatKeepsTheRulesPasses() {
        JavaClasses edge = new ClassFileImporter().importPackages(BASE + ".kafka");

        assertThat(LayeringRules.technologyStaysAtTheEdge(BASE).evaluate(edge).hasViolation())
                .isFalse();
        assertThat(LayeringRules.noDumpingGrounds().evaluate(edge).hasViolation())
                .isFalse();
    }
}
