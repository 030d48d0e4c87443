using Xunit;

namespace Vat.Tests;

public class TaxTests
{
    [Fact]
    public void APriceOfNothingHasNoTax() => Assert.Equal(0, Tax.Of(0, 19m));

    [Fact]
    public void PartsOfACentAreRounded() => Assert.Equal(190, Tax.Of(999, 19m));

    [Fact]
    public void HalfACentIsRoundedUp() => Assert.Equal(3, Tax.Of(50, 5m));
}
