package org.millrace.inference;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.millrace.testkit.LayeringRules;

@AnalyzeClasses(packages = "org.millrace.inference", importOptions = ImportOption.DoNotIncludeTests.class)
class LayeringTest {

    @ArchTest
    static final ArchRule EDGE = LayeringRules.technologyStaysAtTheEdge("org.millrace.inference");

    @ArchTest
    static final ArchRule NAMES = LayeringRules.noDumpingGrounds();

    @ArchTest
    static final ArchRule NULLS = LayeringRules.everyPackageIsNullMarked();
}
