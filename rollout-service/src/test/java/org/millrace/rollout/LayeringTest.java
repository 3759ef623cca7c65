package org.millrace.rollout;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.millrace.testkit.LayeringRules;

@AnalyzeClasses(packages = "org.millrace.rollout", importOptions = ImportOption.DoNotIncludeTests.class)
class LayeringTest {

    @ArchTest
    static final ArchRule EDGE = LayeringRules.technologyStaysAtTheEdge("org.millrace.rollout");

    @ArchTest
    static final ArchRule NAMES = LayeringRules.noDumpingGrounds();

    @ArchTest
    static final ArchRule NULLS = LayeringRules.everyPackageIsNullMarked();

    @ArchTest
    static final ArchRule LOG_AND_CALLS_DO_NOT_MIX = noClasses()
            .that()
            .resideInAPackage("..grpc..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.kafka..", "..rollout.kafka..")
            .because("the servers are asked in the same way wherever prompts come from");
}
