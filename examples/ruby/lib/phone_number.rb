# frozen_string_literal: true

# Phone numbers as people type them, and as machines dial them.
module PhoneNumber
  module_function

  # `+4930123456` of `0049 (30) 12-34-56`; numbers without a country are of the one given. `nil` if it is no number.
  def normalize(text, country: '49')
    digits = text.strip.sub(/\A\+/, '00').gsub(%r{[\s()/.-]}, '')
    return nil unless digits.match?(/\A0[0-9]{5,16}\z/)

    digits.start_with?('00') ? "+#{digits[2..]}" : "+#{country}#{digits[1..]}"
  end
end
