namespace Vat;

/// <summary>Tax in whole cents.</summary>
public static class Tax
{
    /// <summary>The tax on a net price; half a cent is rounded up, as tax offices want it.</summary>
    public static long Of(long netCents, decimal percent) =>
        (long)Math.Round(netCents * percent / 100m, MidpointRounding.AwayFromZero);
}
