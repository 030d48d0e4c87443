# frozen_string_literal: true

require_relative '../lib/phone_number'

RSpec.describe PhoneNumber do
  it 'takes a number of this country' do
    expect(described_class.normalize('030 / 12 34 56')).to eq('+4930123456')
  end

  it 'takes a number of another country in both notations' do
    expect(described_class.normalize('0043 1 234567')).to eq('+431234567')
    expect(described_class.normalize('+43 (1) 234-567')).to eq('+431234567')
  end

  it 'refuses what is no number' do
    expect(described_class.normalize('call me')).to be_nil
  end
end
